using System.Globalization;

namespace MoeGen.Cli.Charts;

/// <summary>An axis that begins and ends at round numbers, with round numbers between.</summary>
internal sealed class AxisScale
{
    private const int MostSteps = 8;

    private readonly int _decimals;

    /// <summary>Chooses the axis.</summary>
    /// <param name="least">Smallest value to show.</param>
    /// <param name="most">Largest value to show, at least the smallest.</param>
    public AxisScale(double least, double most)
    {
        double span = most > least ? most - least : 1;
        double step = Math.Pow(10, Math.Floor(Math.Log10(span / MostSteps)));

        // 1, 2, 5 and 10 times a power of ten, the first that needs few enough steps
        double factor = ((double[])[1, 2, 5, 10]).First(factor => span / (step * factor) <= MostSteps);
        step *= factor;
        Start = Math.Floor(least / step) * step;
        int steps = (int)Math.Ceiling(((least + span - Start) / step) - 1e-9);
        End = Start + (steps * step);
        _decimals = (int)Math.Max(0, Math.Ceiling(-Math.Log10(step) - 1e-9));
        Ticks = [.. Enumerable.Range(0, steps + 1).Select(tick => Math.Round(Start + (tick * step), _decimals))];
    }

    public double Start { get; }

    public double End { get; }

    public IReadOnlyList<double> Ticks { get; }

    /// <summary>Where a value lies between two places.</summary>
    /// <param name="value">The value.</param>
    /// <param name="from">Place of the start.</param>
    /// <param name="to">Place of the end.</param>
    public double Place(double value, double from, double to) => from + ((value - Start) / (End - Start) * (to - from));

    public string Label(double tick) => tick.ToString("F" + _decimals, CultureInfo.InvariantCulture);
}
