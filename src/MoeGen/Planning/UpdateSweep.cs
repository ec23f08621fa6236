using MoeGen.Evaluation;

namespace MoeGen.Planning;

/// <summary>
/// What updating more often costs: the time of a decoded token under one allocation and several update intervals, and the most frequent
/// setting that costs nothing.
/// </summary>
/// <remarks>Source: SwapMoE (arXiv 2308.15030), section 3.4, where updates become more frequent until latency begins to rise.</remarks>
internal sealed class UpdateSweep
{
    /// <summary>Forward passes between two updates, from rare to frequent.</summary>
    public static readonly IReadOnlyList<int> Intervals = [64, 32, 16, 8, 4, 2, 1];

    // a rise that nobody would notice
    private const double LeastTolerance = 0.05;

    /// <summary>Finds the knee. A rise within what rounds of the same setting differ by is none.</summary>
    /// <param name="tpotMs">
    /// Times of a decoded token under each of <see cref="Intervals"/>, [intervals][rounds]. The least of them counts: chance only makes a run
    /// slower.
    /// </param>
    public UpdateSweep(IReadOnlyList<IReadOnlyList<double>> tpotMs)
    {
        TpotMs = [.. tpotMs.Select(rounds => rounds.Min())];
        double noise = Percentile.Of([.. tpotMs.Select(rounds => (Percentile.Of(rounds, 0.5) / rounds.Min()) - 1)], 0.5);
        int best = Knee.Find([.. TpotMs], Math.Max(LeastTolerance, noise));
        Best = Intervals[best];
        BestMs = Math.Max(0, TpotMs[best] - TpotMs[0]);
    }

    /// <summary>Time of a decoded token under each of <see cref="Intervals"/>.</summary>
    public IReadOnlyList<double> TpotMs { get; }

    /// <summary>The interval that is chosen.</summary>
    public int Best { get; }

    /// <summary>Time that updates at the chosen interval add to a decoded token.</summary>
    public double BestMs { get; }
}
