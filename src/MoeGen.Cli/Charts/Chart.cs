using System.Globalization;
using System.Net;
using System.Text;

namespace MoeGen.Cli.Charts;

/// <summary>
/// A chart as SVG without scripts or fonts of its own, for light and dark pages: titles, axes, legend. What differs from kind to kind is
/// drawn by those that derive from it.
/// </summary>
internal abstract record Chart
{
    /// <summary>Rules for all charts of a page, light and dark.</summary>
    public const string Rules = """
        text { font: 12px sans-serif; fill: #24292f; }
        .title { font-size: 15px; font-weight: bold; }
        .grid { stroke: #d0d7de; }
        .axis { stroke: #57606a; }
        @media (prefers-color-scheme: dark) {
        text { fill: #e6edf3; }
        .grid { stroke: #30363d; }
        .axis { stroke: #8b949e; }
        }
        """;

    protected const int Left = 70;
    protected const int Right = 590; // the legend stands beyond
    protected const int Top = 44;
    protected const int Bottom = 360;

    protected const int LegendSign = 28; // width

    private const int Width = 760;
    private const int Height = 420;
    private const int LegendRow = 20;

    // of middle lightness: at least 3:1 against white and against the dark of GitHub's pages. Their number is no multiple of the dashes' or
    // of the markers' of a line, so that a line beyond them differs from the one of its colour
    private static readonly string[] s_colours =
    [
        "#d1495b", "#2a7fd4", "#2f9460", "#b57614", "#8a63d2", "#1b93a5", "#c2549d", "#6f7f8f", "#a5623a", "#5b84c4", "#7d9430", "#e0662c",
        "#4f8f8f", "#b0577f",
    ];

    public required string Title { get; init; }

    /// <summary>Title of the horizontal axis, with its unit.</summary>
    public required string XTitle { get; init; }

    /// <summary>Title of the vertical axis, with its unit.</summary>
    public required string YTitle { get; init; }

    /// <summary>Value that the vertical axis reaches at least.</summary>
    public double YMost { get; init; }

    /// <summary>Draws it as a file of its own.</summary>
    public string ToSvg() => Draw(" xmlns=\"http://www.w3.org/2000/svg\"", $"<style>\n{Rules}\n</style>\n");

    /// <summary>Draws it for a page of HTML that has the <see cref="Rules"/>.</summary>
    public string ToInlineSvg() => Draw("", "");

    /// <summary>Writes what stands below the horizontal axis.</summary>
    protected abstract void AddXLabels(StringBuilder svg);

    /// <summary>Draws what is inside the axes, and the legend.</summary>
    /// <param name="svg">The drawing so far.</param>
    /// <param name="y">The vertical axis.</param>
    protected abstract void AddContents(StringBuilder svg, AxisScale y);

    /// <summary>The largest value that the vertical axis has to show.</summary>
    protected abstract double LargestY();

    /// <summary>The colour of a style: what comes in several charts should look the same in all.</summary>
    protected static string Colour(int style) => s_colours[style % s_colours.Length];

    /// <summary>Writes a label below the horizontal axis, with its tick.</summary>
    /// <param name="svg">The drawing so far.</param>
    /// <param name="place">Where.</param>
    /// <param name="label">The label.</param>
    /// <param name="offset">How far below the axis.</param>
    protected static void AddXLabel(StringBuilder svg, double place, string label, int offset = 20)
    {
        Add(svg, $"<line class=\"axis\" x1=\"{place:F1}\" y1=\"{Bottom}\" x2=\"{place:F1}\" y2=\"{Bottom + 5}\"/>");
        Add(svg, $"<text x=\"{place:F1}\" y=\"{Bottom + offset}\" text-anchor=\"middle\">{Escape(label)}</text>");
    }

    /// <summary>Where the sign of a name of the legend belongs: its left end, and its middle from above.</summary>
    protected static (int X, int Y) LegendPlace(int index) => (Right + 16, Top + 8 + (index * LegendRow));

    /// <summary>Writes a name of the legend, behind its sign.</summary>
    protected static void AddLegendName(StringBuilder svg, int index, string name)
    {
        (int x, int y) = LegendPlace(index);
        Add(svg, $"<text x=\"{x + LegendSign + 8}\" y=\"{y + 4}\">{Escape(name)}</text>");
    }

    protected static string Escape(string text) => WebUtility.HtmlEncode(text);

    protected static void Add(StringBuilder svg, FormattableString line) =>
        svg.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private string Draw(string space, string style)
    {
        AxisScale y = new(0, Math.Max(YMost, LargestY()));
        StringBuilder svg = new();
        Add(svg, $"<svg{space} viewBox=\"0 0 {Width} {Height}\"");
        Add(svg, $" width=\"{Width}\" height=\"{Height}\" role=\"img\">");
        Add(svg, $"<title>{Escape(Title)}</title>");
        svg.Append(style);
        Add(svg, $"<text class=\"title\" x=\"{Left}\" y=\"24\">{Escape(Title)}</text>");
        foreach (double tick in y.Ticks)
        {
            double place = y.Place(tick, Bottom, Top);
            Add(svg, $"<line class=\"grid\" x1=\"{Left}\" y1=\"{place:F1}\" x2=\"{Right}\" y2=\"{place:F1}\"/>");
            Add(svg, $"<text x=\"{Left - 8}\" y=\"{place + 4:F1}\" text-anchor=\"end\">{y.Label(tick)}</text>");
        }

        AddXLabels(svg);
        Add(svg, $"<path class=\"axis\" d=\"M{Left} {Top}V{Bottom}H{Right}\" fill=\"none\"/>");
        Add(svg, $"<text x=\"{(Left + Right) / 2}\" y=\"{Bottom + 44}\" text-anchor=\"middle\">{Escape(XTitle)}</text>");
        int middle = (Top + Bottom) / 2;
        Add(svg, $"<text transform=\"translate(18 {middle}) rotate(-90)\" text-anchor=\"middle\">{Escape(YTitle)}</text>");
        AddContents(svg, y);
        Add(svg, $"</svg>");
        return svg.ToString();
    }
}
