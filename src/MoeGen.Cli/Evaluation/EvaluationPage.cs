using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MoeGen.Cli.Charts;
using MoeGen.Cli.Output;

namespace MoeGen.Cli.Evaluation;

/// <summary>
/// An evaluation as one page of HTML with tables and plots, for light and dark screens. It is well-formed XML, and needs nothing from
/// elsewhere: no scripts, no fonts, no network.
/// </summary>
/// <param name="report">What was found.</param>
/// <param name="command">The command line that found it.</param>
/// <param name="date">When.</param>
internal sealed class EvaluationPage(EvaluationReport report, string command, DateTimeOffset date)
{
    private const string Style = """
        :root { color-scheme: light dark; }
        body { font: 15px/1.5 sans-serif; margin: 0 auto; max-width: 980px; padding: 16px; background: #ffffff; color: #24292f; }
        h1 { font-size: 24px; }
        h2 { font-size: 19px; margin-top: 32px; }
        h3 { font-size: 16px; }
        .table { overflow-x: auto; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
        th, td { border-bottom: 1px solid #d0d7de; padding: 4px 10px; text-align: right; white-space: nowrap; }
        th:first-child, td:first-child { text-align: left; }
        pre { background: #f6f8fa; overflow-x: auto; padding: 12px; }
        svg { display: block; height: auto; margin: 16px 0; max-width: 100%; }
        @media (prefers-color-scheme: dark) {
        body { background: #0d1117; color: #e6edf3; }
        th, td { border-color: #30363d; }
        pre { background: #161b22; }
        }
        """;

    private const int ExactStyle = 0; // of bars and points; methods follow

    private readonly StringBuilder _html = new();

    /// <summary>Writes the page.</summary>
    public string ToHtml()
    {
        string title = $"moegen eval: {report.Folder.Name}";
        _html.Clear();
        _html.Append(CultureInfo.InvariantCulture, $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width"/>
            <title>{Escape(title)}</title>
            <style>
            {Style}
            {Chart.Rules}
            </style>
            </head>
            <body>
            <h1>{Escape(title)}</h1>
            <p>{Escape(report.Conditions)}.</p>

            """);
        AddConditions();
        AddQuality();
        if (report.Methods.Count > 0)
        {
            AddComparison();
            AddSpeed();
        }

        AddFigures();
        return _html.Append("</body>\n</html>\n").ToString();
    }

    private void AddConditions()
    {
        FigureTable table = new("condition", "");
        table.Add("command", command);
        table.Add("model", $"{report.Info.Name}, {report.Info.ModelType}, {FigureTable.Number(report.Info.TotalParameters, 0)} parameters, "
            + $"{FigureTable.Number(report.Info.ActiveParameters, 0)} of them for a token");
        table.Add("weights", report.Info.WeightFormat.ToString());
        table.Add("memory budget", report.Budget?.ToString() ?? "none named");
        foreach ((string name, JsonNode? value) in Machine.Describe())
        {
            table.Add(name.Replace('_', ' '), value!.ToString());
        }

        table.Add("date", date.ToString("yyyy-MM-dd HH:mm zzz", CultureInfo.InvariantCulture));
        Add("Conditions", table.ToHtml());
    }

    private void AddQuality()
    {
        Add(
            "Perplexity",
            "<p>Of the exact model. What all texts come to is a sum over tokens: a long text weighs more than a short one. Bits per byte "
            + "do not depend on the tokenizer.</p>\n");
        _html.Append(report.TableOf(report.Exact).ToHtml());
        Add(Bars("Perplexity by text", "perplexity", domain => domain.Perplexity, withExact: true));
    }

    private void AddComparison()
    {
        Add(
            "Beside the exact model",
            "<p>Top-1: tokens for which both find the same one most probable. KL: Kullback-Leibler divergence of the method's distribution "
            + "from the exact model's; 0 for the same one. Equal continuations: greedy texts that are the exact model's to the last token; "
            + "equal tokens: how many it takes on average until they differ.</p>\n");
        foreach (MethodResult method in report.Methods)
        {
            _html.Append(CultureInfo.InvariantCulture, $"<h3>{Escape(EvaluationReport.Describe(method))}</h3>\n");
            _html.Append(report.TableOf(method).ToHtml());
        }

        Add(Bars("Agreement by text", "tokens with the same top-1 (%)", domain => 100 * domain.Agreement, withExact: false) with
        {
            YMost = 100,
        });
        Add(Bars("Divergence by text", "KL(exact || method), mean (nats)", domain => domain.Divergence, withExact: false));
    }

    private void AddSpeed()
    {
        Add(
            "Speed",
            "<p>Decode steps over the texts, teacher forced, one after the other; prompts are not counted, nor is the time between two "
            + "steps in which logits are compared. A prefetcher may go on in that time.</p>\n");
        _html.Append(report.DecodeTable().ToHtml());
        ChartLine[] points =
        [
            .. report.Methods.Select((method, index) => (method, index)).Where(item => item.method.Decode is not null).Select(
                item => new ChartLine(
                    item.method.Method, [(item.method.Decode!.TokensPerSecond, item.method.All.Divergence)], ExactStyle + 1 + item.index)),
        ];
        if (points.Length > 0)
        {
            Add(new LineChart
            {
                Title = "Quality against speed",
                XTitle = "decoded tokens per second",
                YTitle = "KL(exact || method), mean of all texts (nats)",
                Lines = points,
            });
        }
    }

    private void AddFigures()
    {
        using MemoryStream json = new();
        using (Utf8JsonWriter writer = new(json, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            report.WriteJson(writer);
            writer.WriteEndObject();
        }

        Add("All figures", $"<pre>{Escape(Encoding.UTF8.GetString(json.ToArray()))}</pre>\n");
    }

    private BarChart Bars(string title, string yTitle, Func<DomainQuality, double> value, bool withExact)
    {
        ChartBars Of(string name, MethodResult method, int style) => new(name, [.. method.Domains.Append(method.All).Select(value)], style);
        return new BarChart
        {
            Title = title,
            XTitle = "text",
            YTitle = yTitle,
            Groups = [.. report.Exact.Domains.Append(report.Exact.All).Select(domain => domain.Name)],
            Bars =
            [
                .. withExact ? [Of("exact model", report.Exact, ExactStyle)] : Array.Empty<ChartBars>(),
                .. report.Methods.Select((method, index) => Of(method.Method, method, ExactStyle + 1 + index)),
            ],
        };
    }

    private void Add(string title, string content) =>
        _html.Append(CultureInfo.InvariantCulture, $"<h2>{Escape(title)}</h2>\n{content}");

    private void Add(Chart chart) => _html.Append(chart.ToInlineSvg());

    // no axis reaches the perplexity of a model that is broken
    private void Add(BarChart chart)
    {
        if (chart.Bars.All(bars => bars.Values.All(double.IsFinite)))
        {
            Add((Chart)chart);
        }
    }

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
