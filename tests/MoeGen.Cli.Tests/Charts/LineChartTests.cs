using System.Xml.Linq;
using MoeGen.Cli.Charts;

namespace MoeGen.Cli.Tests.Charts;

public class LineChartTests
{
    private static readonly LineChart s_chart = new()
    {
        Title = "Hits & misses",
        XTitle = "budget (%)",
        YTitle = "TPOT (ms)",
        Lines = [new ChartLine("rising", [(100, 10), (0, 0), (50, 5)], 0, IsEmphasized: true), new ChartLine("point", [(100, 2)], 1)],
    };

    [Fact]
    public void Svg_IsXmlWithTitlesAndLegend()
    {
        XElement svg = XElement.Parse(s_chart.ToSvg());
        string[] texts = [.. svg.Descendants(svg.Name.Namespace + "text").Select(text => text.Value)];
        Assert.All((string[])["Hits & misses", "budget (%)", "TPOT (ms)", "rising", "point"], text => Assert.Contains(text, texts));
    }

    [Fact]
    public void Line_GoesFromLeftToRightThroughItsPoints()
    {
        XElement svg = XElement.Parse(s_chart.ToSvg());

        // the plot reaches from 70 to 590 and from 360 up to 44; a single point has no line
        XElement line = Assert.Single(svg.Elements(svg.Name.Namespace + "polyline"));
        Assert.Equal("70.0,360.0 330.0,202.0 590.0,44.0", line.Attribute("points")!.Value);
    }
}
