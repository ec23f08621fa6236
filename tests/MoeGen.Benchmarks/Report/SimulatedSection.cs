using System.Globalization;
using System.Text.Json.Nodes;
using MoeGen.Benchmarks.Measuring;
using MoeGen.Benchmarks.Results;

namespace MoeGen.Benchmarks.Report;

/// <summary>What was simulated: a table, a comparison and charts for each machine, and the trace's local routing consistency.</summary>
internal static class SimulatedSection
{
    /// <summary>Policies that know the future: comparing with them as with a method says nothing.</summary>
    public static IReadOnlyList<string> Bounds { get; } = ["belady", "oracle"];

    public static void AddTo(OffloadingPage page, JsonNode trace, IReadOnlyList<JsonNode> simulations, JsonNode? ablation)
    {
        page.Add("## Simulated");
        page.Add($"""
            The same methods, with the code that runs them, in virtual time: a trace of {trace["sequences"]} prompts from the same texts
            ({trace["tokens"]} tokens) is replayed on machines that are not at hand, those of `moegen simulate --hardware`. Two bounds
            come with it that know the future: `belady` gives up what is used again last and loads nothing ahead, `oracle` also loads what
            will be chosen. Shares are slots of all experts. Simulated times compare methods; they promise nothing of a real machine.
            """);
        foreach (JsonNode simulation in simulations)
        {
            AddMachine(page, simulation);
        }

        if (ablation is not null)
        {
            AddAblation(page, ablation);
        }

        if (simulations.Select(simulation => simulation["consistency"]).FirstOrDefault(node => node is not null) is { } consistency)
        {
            AddConsistency(page, consistency.AsArray());
        }
    }

    private static void AddMachine(OffloadingPage page, JsonNode simulation)
    {
        IReadOnlyList<Summary> summaries = Summary.Of(simulation["results"]!.AsArray().Select(result => Sample.OfSimulation(result!)));
        string hardware = simulation["hardware"]!.GetValue<string>();
        int train = simulation["train_sequences"]!.GetValue<int>(), all = simulation["sequences"]!.GetValue<int>();
        string where = train == 0 ? hardware : $"{hardware}, with history";
        page.Add($"### {where}");
        page.Add(
            $"Experts of {new ByteSize(simulation["expert_bytes"]!.GetValue<long>())}. "
            + (train == 0
                ? $"All {all} prompts are simulated; prefetchers begin without history, as in the measurement."
                : $"Prefetchers have heard the first {train} of {all} prompts; the others are simulated, for all methods alike."));
        page.Add(TableOf(summaries));
        page.AddComparison(
            summaries,
            [
                .. summaries.Select(summary => summary.Method).Distinct()
                    .Where(method => method != OffloadingPage.Subject && method != MeasurementPlan.Resident && !Bounds.Contains(method)),
            ]);
        string file = $"simulated-{hardware}{(train == 0 ? "" : "-history")}";
        page.Add(file + "-hit-rate.svg", OffloadingCharts.HitRate(where, summaries));
        page.Add(file + "-tpot.svg", OffloadingCharts.Tpot(where, summaries));
    }

    private static void AddAblation(OffloadingPage page, JsonNode ablation)
    {
        page.Add($"### Parts of {OffloadingPage.Subject}");
        page.Add($"""
            What each part is worth, on {ablation["hardware"]}. `finemoe-paper` takes the paper at its word where it leaves a choice: `p` is what
            the last match said, frequency that of the whole run, three layers ahead. `-t` searches by trajectory alone, `-ts` also by the
            token's embedding, both without delta. `-no-search` loads nothing ahead; `p` is the running average of what the routers said.
            `-no-average` is without that average. `-lfu` evicts by frequency alone, `-lru` the least recently used.
            """);
        page.Add(TableOf(Summary.Of(ablation["results"]!.AsArray().Select(result => Sample.OfSimulation(result!)))));
    }

    private static MarkdownTable TableOf(IReadOnlyList<Summary> summaries)
    {
        int[] percents = [.. summaries.Select(summary => summary.BudgetPercent).Distinct().OrderDescending()];
        MarkdownTable table = new(["hit rate, %; TPOT, ms", .. percents.Select(percent => $"{percent} %")]);
        foreach (IGrouping<string, Summary> method in summaries.GroupBy(summary => summary.Method))
        {
            string Cell(int percent) => method.FirstOrDefault(summary => summary.BudgetPercent == percent) is { } summary
                ? $"{Format.Percent(summary.Uses.HitShare)}; {Format.Digits(summary.MeanTpotMs)}"
                : "";
            table.Add([method.Key == OffloadingPage.Subject ? $"**{method.Key}**" : method.Key, .. percents.Select(Cell)]);
        }

        return table;
    }

    private static void AddConsistency(OffloadingPage page, JsonArray points)
    {
        page.Add("### Local routing consistency");
        page.Add("""
            Whether offloading can pay at all, whatever the policy (arXiv 2505.16056). SRP: the share of choices that a fixed group of
            experts, chosen for each segment of text, can cover. SCH: the share of choices that a cache can serve which knows as many of
            the next tokens as a segment has. Rows: experts of a layer that are held, as a multiple of those that a token chooses;
            columns: tokens of a segment.
            """);
        int[] lengths = [.. points.Select(point => point!["segment_tokens"]!.GetValue<int>()).Distinct()];
        MarkdownTable table = new(["SRP / SCH, %", .. lengths.Select(length => $"{length}")]);
        foreach (IGrouping<double, JsonNode?> row in points.GroupBy(point => point!["cache_ratio"]!.GetValue<double>()))
        {
            table.Add(
                [
                    row.Key.ToString("0.##", CultureInfo.InvariantCulture) + "×",
                    .. row.Select(point => $"{Share(point!["srp"])} / {Share(point["sch"])}"),
                ]);
        }

        page.Add(table);
    }

    // no sequence may be as long as a segment
    private static string Share(JsonNode? share) => share is null ? "–" : Format.Percent(share.GetValue<double>());
}
