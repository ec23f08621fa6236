using System.Xml.Linq;
using MoeGen.Cli.Evaluation;

namespace MoeGen.Cli.Tests.Evaluation;

public class FigureTableTests
{
    [Fact]
    public void Lines_AreAligned()
    {
        FigureTable table = new("text", "perplexity");
        table.Add("a longer name", FigureTable.Number(1234.5678, 2));
        table.Add("b", FigureTable.Number(null, 2));
        Assert.Equal(["text           perplexity", "a longer name    1,234.57", "b                       -"], table.ToLines());
    }

    [Fact]
    public void Html_IsEscaped()
    {
        FigureTable table = new("text", "share");
        table.Add("a<b", FigureTable.Percent(0.123));
        string[] cells = [.. XElement.Parse(table.ToHtml()).Descendants().Where(cell => !cell.HasElements).Select(cell => cell.Value)];
        Assert.Equal(["text", "share", "a<b", "12.3 %"], cells);
    }
}
