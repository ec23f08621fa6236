using System.Text.Json.Nodes;
using MoeGen.Benchmarks.Measuring;
using MoeGen.Benchmarks.Results;

namespace MoeGen.Benchmarks.Report;

/// <summary>What was measured: conditions, a table for each budget, comparison, charts.</summary>
internal static class MeasuredSection
{
    public static void AddTo(OffloadingPage page, JsonObject conditions, IReadOnlyList<Sample> samples)
    {
        IReadOnlyList<Summary> summaries = Summary.Of(samples);
        page.Add("## Measured");
        AddConditions(page, conditions, samples);
        foreach (IGrouping<int, Summary> budget in summaries.GroupBy(summary => summary.BudgetPercent).OrderByDescending(b => b.Key))
        {
            page.Add(budget.Key == MeasurementPlan.Everything
                ? "### Every expert in memory"
                : $"### Room for {budget.Key} % of the experts");
            page.Add(TableOf(budget.OrderBy(summary => summary.MeanTpotMs)));
        }

        string[] others =
        [
            .. summaries.Select(summary => summary.Method).Distinct()
                .Where(method => method != OffloadingPage.Subject && method != MeasurementPlan.Resident),
        ];
        page.Add("### FineMoE against the others");
        page.Add("""
            Medians over the rounds of the difference within a round, in which all methods get the same prompts; of hit rates, the
            difference relative to the other's, over all rounds together.
            """);
        page.AddComparison(summaries, others);
        string[] published = [.. others.Where(method => method != MeasurementPlan.WithHistory)];
        page.AddComparison(summaries, published, MeasurementPlan.WithHistory);
        page.Add("measured-hit-rate.svg", OffloadingCharts.HitRate("measured", summaries));
        page.Add("measured-tpot.svg", OffloadingCharts.Tpot("measured", summaries));
    }

    private static void AddConditions(OffloadingPage page, JsonObject conditions, IReadOnlyList<Sample> samples)
    {
        JsonNode machine = conditions["machine"]!, model = conditions["model"]!;
        long Count(JsonNode json, string key) => json[key]!.GetValue<long>();
        ByteSize Size(string key) => new(Count(model, key));
        string texts = string.Join(", ", conditions["texts"]!.AsArray().Select(text => text!.GetValue<string>()));
        int rounds = samples.Select(sample => sample.Configuration.Round).Distinct().Count();
        double bandwidth = conditions["direct_read_bytes_per_second"]!.GetValue<double>();
        MarkdownTable table = new("condition", "value") { HasWords = true };
        table.Add("date", $"{conditions["date"]}");
        table.Add("machine", $"{machine["processor"]}, {machine["cores"]} cores, {new ByteSize(Count(machine, "memory_bytes"))}");
        table.Add("system", $"{machine["system"]}, kernel {machine["kernel"]}, {machine["dotnet"]}");
        table.Add(
            "disk",
            $"{Format.Digits(bandwidth / 1e9)} GB/s, read past the page cache by four threads in pieces of 2 MiB, before the first measurement; "
            + "what was read before may come faster from the host of a virtual disk, for all methods alike");
        table.Add(
            "model",
            $"demo, experts widened without changing the function: {Count(model, "sparse_layers")} layers of {Count(model, "experts")} "
            + $"experts, {Count(model, "top_k")} for each token, {Size("expert_bytes")} each, {Size("expert_bytes_total")} together; "
            + $"{model["format"]}; {Size("dense_bytes")} outside experts");
        table.Add("budget", "dense weights, KV cache and working memory, and room for a share of the bytes of all experts");
        table.Add("texts", $"held out from training, in turn: {texts}");
        table.Add("prompts", $"{conditions["prompt_tokens"]} tokens, {conditions["tokens"]} generated greedily");
        table.Add(
            "runs",
            $"medians of {rounds} round(s), their order alternating; in each, a process of its own for each method and budget runs "
            + $"{conditions["runs"]} prompt(s) behind one that warms up, and has neither experts nor history at its start");
        table.Add("history", $"`{MeasurementPlan.WithHistory}` alone begins with the expert maps of other parts of the same texts, as in the paper");
        table.Add("peak memory", "most resident memory of the process, read from outside (VmHWM), code and runtime included");
        table.Add("stall share", "mean wait of a token, multiplied by tokens/s");
        page.Add(table);
    }

    private static MarkdownTable TableOf(IEnumerable<Summary> summaries)
    {
        MarkdownTable table = new(
            "method", "tokens/s", "TPOT mean / p50 / p95, ms", "hit / late hit / miss, %", "MB read per token", "stall share, %",
            "peak memory minus budget, MiB", "bytes allocated per token");
        foreach (Summary summary in summaries)
        {
            UseCounts uses = summary.Uses;
            table.Add(
                Name(summary.Method),
                Format.Digits(summary.MedianOf(sample => sample.TokensPerSecond)),
                $"{Format.Digits(summary.MeanTpotMs)} / {Format.Digits(summary.MedianOf(sample => sample.TpotMs))} / "
                + Format.Digits(summary.MedianOf(sample => sample.TpotP95Ms)),
                $"{Format.Percent(uses.HitShare)} / {Format.Percent(uses.LateHitShare)} / {Format.Percent(uses.MissShare)}",
                Format.Megabytes(summary.MedianOf(sample => sample.BytesReadPerToken)),
                Format.Percent(summary.MedianOf(sample => sample.StallShare)),
                Format.Mebibytes(summary.MedianOf(sample => sample.PeakOverBudgetBytes)),
                Format.Number(summary.MedianOf(sample => sample.AllocatedBytesPerToken)));
        }

        return table;
    }

    private static string Name(string method) => method == OffloadingPage.Subject ? $"**{method}**" : method;
}
