using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using MoeGen.Cli.Evaluation;
using MoeGen.Cli.Models;
using MoeGen.Evaluation;
using MoeGen.Models;
using MoeGen.Testing;

namespace MoeGen.Cli.Tests.Evaluation;

public class EvaluationPageTests
{
    private static readonly DateTimeOffset s_date = new(2026, 11, 22, 13, 14, 0, TimeSpan.FromHours(1));

    private readonly EvaluationReport _report;
    private readonly XElement _page;
    private readonly string _html;

    public EvaluationPageTests()
    {
        MemoryPlan memory = MemoryPlan.Largest(Demo.ModelInfo, new MoeOptions());
        MethodResult Result(string method, bool isExact, double factor)
        {
            ContinuationMatch continuations = new(4, 3, 50);
            DomainQuality domain = new("a<b", 1200, 3456, 1.25 * factor, 1 / factor, factor - 1, 3 * (factor - 1), continuations);
            DomainQuality german = domain with { Name = "german", NumTokens = 7 };
            return new MethodResult(method, isExact, memory, [domain, german], domain with { Name = Evaluator.All, NumTokens = 1207 })
            {
                Format = Weights.WeightFormat.BF16,
            };
        }

        _report = new EvaluationReport(
            new ModelFolder("models/demo", "demo"), Demo.ModelInfo, 2, 256, new ByteSize(14 << 20), new EvaluationSettings(32, 2048, 4, 32),
            Result("exact", true, 1), [Result("swap", false, 1.5), Result("mobile", false, double.MaxValue)]);
        _html = new EvaluationPage(_report, "moegen eval demo --text 'a<b'", s_date).ToHtml();
        _page = XDocument.Parse(_html).Root!;
    }

    [Fact]
    public void Page_IsWellFormedAndNeedsNothingElse()
    {
        Assert.StartsWith("<!DOCTYPE html>", _html);
        Assert.DoesNotContain("http", _html);
        Assert.DoesNotContain("url(", _html);
        Assert.DoesNotContain(_page.Descendants(), element => element.Name.LocalName is "script" or "link" or "img" or "iframe");
        Assert.Contains("prefers-color-scheme: dark", _html);

        // an element without content would stay open in HTML
        Assert.All(
            _page.Descendants().Where(element => element.IsEmpty),
            element => Assert.True(element.Name.LocalName is "meta" || element.Ancestors("svg").Any(), element.ToString()));
    }

    [Fact]
    public void Page_SaysWhatWasMeasured()
    {
        string[] cells = [.. _page.Descendants("td").Select(cell => cell.Value)];
        Assert.All(
            (string[])["moegen eval demo --text 'a<b'", "2026-11-22 13:14 +01:00", "14.0 MiB", "BF16", "processor", "cores", "dotnet"],
            text => Assert.Contains(text, cells));
        Assert.Contains("demo, BF16, 2 threads; windows of 256 tokens", _page.Descendants("p").First().Value);
    }

    [Fact]
    public void Page_HasEveryFigureOfTheJson()
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter writer = new(buffer))
        {
            writer.WriteStartObject();
            _report.WriteJson(writer);
            writer.WriteEndObject();
        }

        JsonNode json = JsonNode.Parse(Encoding.UTF8.GetString(buffer.ToArray()))!;
        Assert.True(JsonNode.DeepEquals(json, JsonNode.Parse(_page.Descendants("pre").Single().Value)));

        // and rounded in the tables
        string[] cells = [.. _page.Descendants("td").Select(cell => cell.Value)];
        string[] figures = ["a<b", "german", "1,207", "3.490", "6.521", "66.7 %", "0.50000", "1.50000", "75.0 %", "12.5"];
        Assert.All(figures, figure => Assert.Contains(figure, cells));
    }

    [Fact]
    public void InfiniteFigures_AreNullAndNotDrawn()
    {
        // perplexity by text has a method without bounds; agreement has none, divergence has
        Assert.Null(JsonNode.Parse(_page.Descendants("pre").Single().Value)!["methods"]![1]!["all"]!["perplexity"]);
        Assert.Equal(["Agreement by text"], _page.Descendants("svg").Select(svg => svg.Element("title")!.Value).Take(1));
    }

    [Fact]
    public void Plots_HaveTitlesAndAxes()
    {
        EvaluationReport finite = _report with { Methods = [_report.Methods[0] with { Decode = Steps() }] };
        XElement page = XDocument.Parse(new EvaluationPage(finite, "moegen", s_date).ToHtml()).Root!;
        XElement[] plots = [.. page.Descendants("svg")];
        Assert.Equal(
            ["Perplexity by text", "Agreement by text", "Divergence by text", "Quality against speed"],
            plots.Select(plot => plot.Element("title")!.Value));
        string[] axes =
        [
            "text", "perplexity", "tokens with the same top-1 (%)", "KL(exact || method), mean (nats)", "decoded tokens per second",
            "KL(exact || method), mean of all texts (nats)",
        ];
        string[] texts = [.. plots.SelectMany(plot => plot.Elements("text")).Select(text => text.Value)];
        Assert.All(axes, axis => Assert.Contains(axis, texts));
    }

    private static DecodeFigures Steps()
    {
        using Demo model = Demo.Load(RepositoryFiles.DemoModel, new MoeOptions { Threads = 1 });
        return new DecodeFigures(100, 123.4, 8.1, 9.9, model.Statistics);
    }
}
