using System.Text;

namespace MoeGen.Cli.Charts;

/// <summary>Bars of one kind, one for each group of a chart.</summary>
/// <param name="Name">Their name in the legend.</param>
/// <param name="Values">Height of each, not negative.</param>
/// <param name="Style">Number of their colour: what comes in several charts should look the same in all.</param>
internal sealed record ChartBars(string Name, IReadOnlyList<double> Values, int Style);

/// <summary>Groups of bars. Bars stand in the order of the legend; each says what it shows when the pointer rests on it.</summary>
internal sealed record BarChart : Chart
{
    private const double GroupShare = 0.8; // the rest separates a group from the next
    private const int LegendSide = 12;
    private const double LetterWidth = 7; // of most letters at 12 pixels, with some room

    /// <summary>Names of the groups.</summary>
    public required IReadOnlyList<string> Groups { get; init; }

    public required IReadOnlyList<ChartBars> Bars { get; init; }

    protected override double LargestY() => Bars.SelectMany(bars => bars.Values).Max();

    private double GroupWidth => (Right - Left) / (double)Groups.Count;

    protected override void AddXLabels(StringBuilder svg)
    {
        for (int i = 0; i < Groups.Count; i++)
        {
            AddXLabel(svg, Left + ((i + 0.5) * GroupWidth), Short(Groups[i]), offset: i % 2 == 0 ? 17 : 30);
        }
    }

    protected override void AddContents(StringBuilder svg, AxisScale y)
    {
        double group = GroupWidth, width = group * GroupShare / Bars.Count;
        for (int kind = 0; kind < Bars.Count; kind++)
        {
            ChartBars bars = Bars[kind];
            string colour = Colour(bars.Style);
            for (int i = 0; i < Groups.Count; i++)
            {
                double left = Left + ((i + ((1 - GroupShare) / 2)) * group) + (kind * width), top = y.Place(bars.Values[i], Bottom, Top);
                Add(svg, $"<rect x=\"{left:F1}\" y=\"{top:F1}\" width=\"{width:F1}\" height=\"{Bottom - top:F1}\" fill=\"{colour}\">");
                Add(svg, $"<title>{Escape(Groups[i])}, {Escape(bars.Name)}: {bars.Values[i]:G4}</title></rect>");
            }

            (int legend, int row) = LegendPlace(kind);
            Add(svg, $"<rect x=\"{legend + 8}\" y=\"{row - 6}\" width=\"{LegendSide}\" height=\"{LegendSide}\" fill=\"{colour}\"/>");
            AddLegendName(svg, kind, bars.Name);
        }
    }

    // names stand in two rows, so each has the room of two groups; of a path the end says most
    private string Short(string name)
    {
        int most = Math.Max(1, (int)(2 * GroupWidth / LetterWidth));
        return name.Length <= most ? name : "…" + name[^(most - 1)..];
    }
}
