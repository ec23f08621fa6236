using System.Globalization;
using System.Net;
using System.Text;

namespace MoeGen.Benchmarks.Charts;

/// <summary>One line of a chart.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="Points">Its points; a single one is a marker.</param>
/// <param name="Style">Number of its colour, dashes and marker: what comes in several charts should look the same in all.</param>
/// <param name="IsEmphasized">Whether it is what the chart is about.</param>
internal sealed record ChartLine(string Name, IReadOnlyList<(double X, double Y)> Points, int Style, bool IsEmphasized = false);

/// <summary>
/// A line chart as one SVG file without scripts or fonts of its own, for light and dark pages. Lines differ by colour, dashes and marker,
/// so that they can be told apart without colours.
/// </summary>
internal sealed record LineChart
{
    private const int Width = 760;
    private const int Height = 420;
    private const int Left = 70;
    private const int Right = 590; // the legend stands beyond
    private const int Top = 44;
    private const int Bottom = 360;
    private const int LegendRow = 20;
    private const int LegendLine = 28;
    private const int MarkerRadius = 4;

    private const string Style = """
        <style>
        text { font: 12px sans-serif; fill: #24292f; }
        .title { font-size: 15px; font-weight: bold; }
        .grid { stroke: #d0d7de; }
        .axis { stroke: #57606a; }
        @media (prefers-color-scheme: dark) {
        text { fill: #e6edf3; }
        .grid { stroke: #30363d; }
        .axis { stroke: #8b949e; }
        }
        </style>

        """;

    // of middle lightness: at least 3:1 against white and against the dark of GitHub's pages. Their number is no multiple of the dashes' or
    // of the markers', so that a line beyond them differs from the one of its colour
    private static readonly string[] s_colours =
    [
        "#d1495b", "#2a7fd4", "#2f9460", "#b57614", "#8a63d2", "#1b93a5", "#c2549d", "#6f7f8f", "#a5623a", "#5b84c4", "#7d9430", "#e0662c",
        "#4f8f8f", "#b0577f",
    ];

    private static readonly string[] s_dashes = ["", "7 3", "2 3", "9 3 2 3"];

    public required string Title { get; init; }

    /// <summary>Title of the horizontal axis, with its unit.</summary>
    public required string XTitle { get; init; }

    /// <summary>Title of the vertical axis, with its unit.</summary>
    public required string YTitle { get; init; }

    public required IReadOnlyList<ChartLine> Lines { get; init; }

    /// <summary>Value that the vertical axis reaches at least.</summary>
    public double YMost { get; init; }

    /// <summary>Draws it.</summary>
    public string ToSvg()
    {
        (double X, double Y)[] points = [.. Lines.SelectMany(line => line.Points)];
        AxisScale x = new(points.Min(point => point.X), points.Max(point => point.X));
        AxisScale y = new(0, Math.Max(YMost, points.Max(point => point.Y)));
        StringBuilder svg = new();
        Add(svg, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\"");
        Add(svg, $" width=\"{Width}\" height=\"{Height}\" role=\"img\">");
        Add(svg, $"<title>{Escape(Title)}</title>");
        svg.Append(Style);
        Add(svg, $"<text class=\"title\" x=\"{Left}\" y=\"24\">{Escape(Title)}</text>");
        AddAxes(svg, x, y);
        for (int i = 0; i < Lines.Count; i++)
        {
            AddLine(svg, i, x, y);
        }

        Add(svg, $"</svg>");
        return svg.ToString();
    }

    private void AddAxes(StringBuilder svg, AxisScale x, AxisScale y)
    {
        foreach (double tick in y.Ticks)
        {
            double place = y.Place(tick, Bottom, Top);
            Add(svg, $"<line class=\"grid\" x1=\"{Left}\" y1=\"{place:F1}\" x2=\"{Right}\" y2=\"{place:F1}\"/>");
            Add(svg, $"<text x=\"{Left - 8}\" y=\"{place + 4:F1}\" text-anchor=\"end\">{y.Label(tick)}</text>");
        }

        foreach (double tick in x.Ticks)
        {
            double place = x.Place(tick, Left, Right);
            Add(svg, $"<line class=\"axis\" x1=\"{place:F1}\" y1=\"{Bottom}\" x2=\"{place:F1}\" y2=\"{Bottom + 5}\"/>");
            Add(svg, $"<text x=\"{place:F1}\" y=\"{Bottom + 20}\" text-anchor=\"middle\">{x.Label(tick)}</text>");
        }

        Add(svg, $"<path class=\"axis\" d=\"M{Left} {Top}V{Bottom}H{Right}\" fill=\"none\"/>");
        Add(svg, $"<text x=\"{(Left + Right) / 2}\" y=\"{Bottom + 44}\" text-anchor=\"middle\">{Escape(XTitle)}</text>");
        int middle = (Top + Bottom) / 2;
        Add(svg, $"<text transform=\"translate(18 {middle}) rotate(-90)\" text-anchor=\"middle\">{Escape(YTitle)}</text>");
    }

    private void AddLine(StringBuilder svg, int index, AxisScale x, AxisScale y)
    {
        ChartLine line = Lines[index];
        (double X, double Y)[] places =
        [
            .. line.Points.OrderBy(point => point.X).Select(point => (x.Place(point.X, Left, Right), y.Place(point.Y, Bottom, Top))),
        ];
        string colour = s_colours[line.Style % s_colours.Length];
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

        int row = Top + 8 + (index * LegendRow), legend = Right + 16;
        if (places.Length > 1)
        {
            Add(svg, $"<path {stroke} d=\"M{legend} {row}h{LegendLine}\"/>");
        }

        AddMarker(svg, line.Style, colour, legend + (LegendLine / 2), row);
        Add(svg, $"<text x=\"{legend + LegendLine + 8}\" y=\"{row + 4}\">{Escape(line.Name)}</text>");
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

    private static string Escape(string text) => WebUtility.HtmlEncode(text);

    private static void Add(StringBuilder svg, FormattableString line) =>
        svg.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
