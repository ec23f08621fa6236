using System.Text;
using System.Text.Json.Nodes;
using MoeGen.Benchmarks.Report;
using MoeGen.Cli.Charts;
using MoeGen.Cli.Output;

namespace MoeGen.Benchmarks.TradeOffs;

/// <summary>docs/trade-offs.md with its charts, from the results alone.</summary>
/// <param name="results">What was measured.</param>
/// <param name="command">The command that the page is written by.</param>
internal sealed class TradeOffsPage(JsonObject results, string command)
{
    /// <summary>Writes the page, and its charts beside the results.</summary>
    /// <param name="docs">Folder of the pages.</param>
    public void Write(string docs)
    {
        JsonNode[] evaluations = [.. results["evaluations"]!.AsArray().Select(evaluation => evaluation!)];
        StringBuilder page = new($"""
            # Quality, speed and memory

            Written by `{command}`; do not edit. The demo model, trained, with experts widened to {results["expert_bytes"]!.GetValue<long>() / 1e6:g3} MB each
            ([DESIGN.md](../DESIGN.md)), in the memory that is left when so many percent of the experts fit. Held-out texts of nine kinds, teacher forced
            in decode steps behind prompts of {evaluations[0]["prompt_tokens"]} tokens, {evaluations[0]["exact"]!["all"]!["tokens"]} tokens in all; the exact model's
            perplexity on them is {Number(evaluations[0]["exact"]!["all"]!["perplexity"], "f3")}. {results["machine"]!["processor"]},
            {results["machine"]!["dotnet"]}, {evaluations[0]["threads"]} threads.

            Agreement: steps after which a method finds the same token most probable as the exact model. KL: of its distribution from the exact
            model's. Skipped: choices of routers that did not run, and their weight. Again: decode steps that ran twice.


            """);
        foreach (JsonNode evaluation in evaluations)
        {
            int percent = evaluation["percent"]!.GetValue<int>();
            string chart = $"trade-offs/speed-{percent}.svg";
            WholeFile.Write(Path.Combine(docs, chart), Chart(evaluation, percent).ToSvg());
            page.Append(FormattableString.Invariant($"""
                ## {percent} % of the experts in memory

                ![Quality against speed]({chart})

                {Table(evaluation)}
                """)).Append('\n');
        }

        string path = Path.Combine(docs, "trade-offs.md");
        WholeFile.Write(path, page.ToString().ReplaceLineEndings("\n").TrimEnd('\n') + "\n");
        Console.Error.WriteLine($"{path}: written");
    }

    private static MarkdownTable Table(JsonNode evaluation)
    {
        MarkdownTable table = new(
            "method", "tokens/s", "TPOT, ms", "memory, MB", "MB read per token", "perplexity", "agreement, %", "KL, nats", "skipped, %",
            "their weight, %", "again, %", "remark");
        foreach ((JsonNode method, TradeOffMethod known) in MethodsOf(evaluation))
        {
            JsonNode all = method["all"]!;
            table.Add(
                $"`{known.Text.Replace($"plan={TradeOffMethods.PlanFile}", "plan", StringComparison.Ordinal)}`",
                Number(method["tokens_per_second"], "f2"), Number(method["tpot_ms"], "f1"), Number(method["memory_bytes"], "f0", 1e-6),
                Number(method["bytes_read_per_token"], "f0", 1e-6), Number(all["perplexity"], "f3"),
                Number(all["top1_agreement"], "f1", 100), Number(all["kl_mean_nats"], "f4"), Number(method["skipped_share"], "f1", 100),
                Number(method["skipped_weight_share"], "f1", 100), Number(method["fallback_share"], "f1", 100), known.Remark);
        }

        return table;
    }

    private static LineChart Chart(JsonNode evaluation, int percent)
    {
        List<ChartLine> lines = [];
        foreach (IGrouping<string?, (JsonNode Method, TradeOffMethod Known)> line in MethodsOf(evaluation).GroupBy(method => method.Known.Line))
        {
            if (line.Key is not null)
            {
                (double X, double Y)[] points =
                    [.. line.Select(method => (Value(method.Method["tokens_per_second"]), Value(method.Method["all"]!["kl_mean_nats"])))];
                lines.Add(new ChartLine(line.Key, points, lines.Count));
            }
        }

        return new LineChart
        {
            Title = $"Quality against speed, {percent} % of the experts in memory",
            XTitle = "decoded tokens per second",
            YTitle = "KL from the exact model, mean (nats)",
            Lines = lines,
        };
    }

    private static IEnumerable<(JsonNode Method, TradeOffMethod Known)> MethodsOf(JsonNode evaluation) =>
        evaluation["methods"]!.AsArray().Select(
            method => (method!, TradeOffMethods.All.First(known => known.Text == method!["offload"]!.GetValue<string>())));

    private static double Value(JsonNode? value) => value?.GetValue<double>() ?? 0;

    private static string Number(JsonNode? value, string format, double scale = 1) =>
        value is null ? "-" : (value.GetValue<double>() * scale).ToString(format, System.Globalization.CultureInfo.InvariantCulture);
}
