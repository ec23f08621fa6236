using System.Xml.Linq;
using MoeGen.Cli.Charts;

namespace MoeGen.Cli.Tests.Charts;

public class BarChartTests
{
    private static readonly BarChart s_chart = new()
    {
        Title = "Cats & dogs",
        XTitle = "text",
        YTitle = "perplexity",
        Groups = ["a<b", "c"],
        Bars = [new ChartBars("exact", [10, 5], 0), new ChartBars("lossy", [0, 2.5], 1)],
    };

    [Fact]
    public void Svg_IsXmlWithTitlesGroupsAndLegend()
    {
        XElement svg = XElement.Parse(s_chart.ToSvg());
        string[] texts = [.. svg.Descendants(svg.Name.Namespace + "text").Select(text => text.Value)];
        Assert.All((string[])["Cats & dogs", "text", "perplexity", "a<b", "c", "exact", "lossy"], text => Assert.Contains(text, texts));
    }

    [Fact]
    public void Bars_StandOnTheAxisAndAreAsHighAsTheirValues()
    {
        XElement svg = XElement.Parse(s_chart.ToInlineSvg());

        // two groups of 260, of which bars take the middle 208; the axis goes from 0 at 360 up to 10 at 44
        string[] bars = [.. svg.Elements("rect").Where(bar => bar.HasElements).Select(bar => string.Join(
            ' ', new[] { "x", "y", "width", "height" }.Select(name => bar.Attribute(name)!.Value)))];
        Assert.Equal(["96.0 44.0 104.0 316.0", "356.0 202.0 104.0 158.0", "200.0 360.0 104.0 0.0", "460.0 281.0 104.0 79.0"], bars);
        Assert.Contains("a<b, exact: 10", svg.Elements("rect").Select(bar => bar.Element("title")?.Value));
    }

    [Fact]
    public void LongNames_AreCutAtTheirBeginning()
    {
        // ten groups of 52, so 104 for a name: 14 letters
        BarChart chart = s_chart with
        {
            Groups = [.. Enumerable.Repeat("short", 9), "folder/of/long/name.txt"],
            Bars = [new ChartBars("exact", new double[10], 0)],
        };
        string[] labels = [.. XElement.Parse(chart.ToInlineSvg()).Elements("text").Select(text => text.Value)];
        Assert.Contains("…long/name.txt", labels);
        Assert.Equal(9, labels.Count(label => label == "short"));
    }

    [Fact]
    public void InlineSvg_RefersToNothing()
    {
        Assert.DoesNotContain("http", s_chart.ToInlineSvg());
        Assert.DoesNotContain("style>", s_chart.ToInlineSvg());
        Assert.Contains("prefers-color-scheme: dark", s_chart.ToSvg());
    }
}
