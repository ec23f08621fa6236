using System.Globalization;
using System.Text;

namespace MoeGen.Cli.Charts;

/// <summary>One line of a chart.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="Points">Its points; a single one is a marker.</param>
/// <param name="Style">Number of its colour, dashes and marker: what comes in several charts should look the same in all.</param>
/// <param name="IsEmphasized">Whether it is what the chart is about.</param>
internal sealed record ChartLine(string Name, IReadOnlyList<(double X, double Y)> Points, int Style, bool IsEmphasized = false);

/// <summary>
/// Lines and single points. Lines differ by colour, dashes and marker, so that they can be told apart without colours.
/// </summary>
internal sealed record LineChart : Chart
{
    private const int MarkerRadius = 4;

    private static readonly string[] s_dashes = ["", "7 3", "2 3", "9 3 2 3"];

    public required IReadOnlyList<ChartLine> Lines { get; init; }

    protected override double LargestY() => Lines.SelectMany(line => line.Points).Max(point => point.Y);

    protected override void AddXLabels(StringBuilder svg)
    {
        AxisScale x = XScale();
        foreach (double tick in x.Ticks)
        {
            AddXLabel(svg, x.Place(tick, Left, Right), x.Label(tick));
        }
    }

    protected override void AddContents(StringBuilder svg, AxisScale y)
    {
        AxisScale x = XScale();
        for (int i = 0; i < Lines.Count; i++)
        {
            AddLine(svg, i, x, y);
        }
    }

    private AxisScale XScale()
    {
        double[] places = [.. Lines.SelectMany(line => line.Points).Select(point => point.X)];
        return new AxisScale(places.Min(), places.Max());
    }

    private void AddLine(StringBuilder svg, int index, AxisScale x, AxisScale y)
    {
        ChartLine line = Lines[index];
        (double X, double Y)[] places =
        [
            .. line.Points.OrderBy(point => point.X).Select(point => (x.Place(point.X, Left, Right), y.Place(point.Y, Bottom, Top))),
        ];
        string colour = Colour(line.Style);
        string dashes = line.IsEmphasized ? "" : s_dashes[line.Style % s_dashes.Length];
        string stroke = $"fill=\"none\" stroke-linejoin=\"round\" stroke=\"{colour}\" stroke-width=\"{(line.IsEmphasized ? 4 : 2)}\""
            + (dashes.Length == 0 ? "" : $" stroke-dasharray=\"{dashes}\"");
        if (places.Length > 1)
        {
            Add(svg, $"<polyline {stroke} points=\"{string.Join(' ', places.Select(Point))}\"/>");
        }

        foreach ((double left, double top) in places)
        {
            AddMarker(svg, line.Style, colour, left, top);
        }

        (int legend, int row) = LegendPlace(index);
        if (places.Length > 1)
        {
            Add(svg, $"<path {stroke} d=\"M{legend} {row}h{LegendSign}\"/>");
        }

        AddMarker(svg, line.Style, colour, legend + (LegendSign / 2), row);
        AddLegendName(svg, index, line.Name);
    }

    private static void AddMarker(StringBuilder svg, int style, string colour, double x, double y)
    {
        const int R = MarkerRadius;
        string path = (style % 3) switch
        {
            0 => $"m-{R} 0a{R} {R} 0 1 0 {2 * R} 0a{R} {R} 0 1 0 -{2 * R} 0z", // circle
            1 => $"m-{R} -{R}h{2 * R}v{2 * R}h-{2 * R}z", // square
            _ => $"m0 -{R + 1}l{R + 1} {(2 * R) + 1}h-{2 * (R + 1)}z", // triangle
        };
        Add(svg, $"<path d=\"M{x:F1} {y:F1}{path}\" fill=\"{colour}\"/>");
    }

    private static string Point((double X, double Y) place) => string.Create(CultureInfo.InvariantCulture, $"{place.X:F1},{place.Y:F1}");
}
