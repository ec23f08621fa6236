using System.Globalization;
using System.Text.Json;
using MoeGen.Cli.Models;
using MoeGen.Cli.Output;
using MoeGen.Experts;

namespace MoeGen.Cli.Commands;

/// <summary>What a benchmark has measured, with its conditions, for people and for scripts.</summary>
internal sealed record BenchReport(
    ModelFolder Folder, MoeModel Model, MoeOptions Options, int PromptTokens, int GeneratedTokens, int Sequences, int Runs,
    BenchmarkResult Result)
{
    public void WriteJson(CliStreams streams) =>
        Json.WriteObject(streams, json =>
        {
            json.WriteString("model", Folder.Name);
            json.WriteString("format", Model.Info.WeightFormat.ToString());
            json.WriteString("kv_format", Model.KeyValueFormat.ToString());
            json.WriteString("offload", Policy);
            if (Options.MemoryBudget is { } budget)
            {
                json.WriteNumber("budget_bytes", budget.Bytes);
            }
            else
            {
                json.WriteNull("budget_bytes");
            }

            json.WriteNumber("threads", Model.Threads);
            json.WriteNumber("runs", Runs);
            json.WriteNumber("sequences", Sequences);
            json.WriteNumber("prompt_tokens", PromptTokens);
            json.WriteNumber("generated_tokens", GeneratedTokens);
            json.WriteNumber("ttft_ms", Result.TtftMs);
            json.WriteNumber("tpot_ms", Result.TpotMs);
            json.WriteNumber("tpot_p95_ms", Result.TpotP95Ms);
            json.WriteNumber("tpot_p99_ms", Result.TpotP99Ms);
            json.WriteNumber("tokens_per_second", Result.TokensPerSecond);
            json.WriteNumber("prefill_tokens_per_second", Result.PrefillTokensPerSecond);
            json.WriteNumber("allocated_bytes_per_token", Result.AllocatedBytesPerToken);
            json.WriteNumber("sequences_per_step", Result.SequencesPerStep);
            json.WriteNumber("experts_per_step", Result.ExpertsPerStep);
            json.WriteNumber("weight_bytes_per_step", WeightBytesPerStep);
            WriteExperts(json, Result);
            if (!Options.Offloading.IsExact)
            {
                LossyStatistics.Write(json, Result.Decode, Options.Offloading.ExpectedAgreement);
            }

            json.WriteNumber("peak_rss_bytes", ProcessMemory.PeakResidentBytes());
        });

    public void WriteText(CliStreams streams)
    {
        OffloadingStatistics decode = Result.Decode;
        string[] lines =
        [
            $"{Folder.Name}, {Model.Info.WeightFormat}, {Model.Threads} threads, {Describe(Model.MemoryPlan)}; "
                + $"{PromptTokens} prompt tokens, {GeneratedTokens} generated, "
                + (Sequences == 1 ? "" : $"{Sequences} sequences together, ") + $"medians of {Runs} runs",
            Line("TTFT", $"{F(Result.TtftMs, "F2")} ms"),
            Line("prefill", $"{F(Result.PrefillTokensPerSecond, "F0")} tokens/s"),
            Line(
                "TPOT p50 / p95 / p99",
                $"{F(Result.TpotMs, "F3")} / {F(Result.TpotP95Ms, "F3")} / {F(Result.TpotP99Ms, "F3")} ms"),
            Line("decode", $"{F(Result.TokensPerSecond, "F1")} tokens/s"),
            .. Sequences == 1 ? Array.Empty<string>() :
            [
                Line(
                    "step",
                    $"{F(Result.SequencesPerStep, "F2")} of {Sequences} sequences, {F(Result.ExpertsPerStep, "F1")} distinct experts, "
                    + $"{new ByteSize((long)WeightBytesPerStep)} of weights"),
            ],
            Line("allocated per token", $"{F(Result.AllocatedBytesPerToken, "F0")} bytes"),
            .. Model.MemoryPlan.IsResident ? Array.Empty<string>() :
            [
                Line(
                    "hit / late hit / miss",
                    $"{Share(decode.Hits, decode)} / {Share(decode.LateHits, decode)} / {Share(decode.Misses, decode)} of {decode.Uses} uses"),
                Line("read per token", new ByteSize((long)Result.BytesReadPerToken).ToString()),
                Line("stalled per token", $"{F(Result.StallMsPerToken, "F2")} ms"),
                Line(
                    "prefetches",
                    $"{decode.Prefetches}, {decode.UsefulPrefetches} used, {decode.WastedPrefetches} wasted, "
                    + $"{decode.ThrottledPrefetches} held back"),
            ],
            .. Options.Offloading.IsExact ? Array.Empty<string>() :
            [
                Line("not exact", LossyStatistics.Describe(decode, Options.Offloading.ExpectedAgreement)),
            ],
            Line("peak memory", new ByteSize(ProcessMemory.PeakResidentBytes()).ToString()),
        ];
        foreach (string line in lines)
        {
            streams.WriteLine(line);
        }
    }

    // what a step reads of the weights: what is outside the experts, and each expert that it uses once
    private double WeightBytesPerStep => Model.Info.DenseBytesPerStep + (Result.ExpertsPerStep * Model.Info.ExpertBytes);

    // a method that is not exact counts also where every expert is in memory
    private string Policy =>
        Model.MemoryPlan.IsResident && Options.Offloading.IsExact ? Offloading.Resident().Name : Options.Offloading.Name;

    // of decoded tokens, as the paper counts; of prompts apart
    private static void WriteExperts(Utf8JsonWriter json, BenchmarkResult result)
    {
        OffloadingStatistics decode = result.Decode, prefill = result.Prefill;
        json.WriteNumber("expert_slots", decode.NumSlots);
        json.WriteNumber("expert_hits", decode.Hits);
        json.WriteNumber("expert_late_hits", decode.LateHits);
        json.WriteNumber("expert_misses", decode.Misses);
        json.WriteNumber("prefill_expert_hits", prefill.Hits);
        json.WriteNumber("prefill_expert_late_hits", prefill.LateHits);
        json.WriteNumber("prefill_expert_misses", prefill.Misses);
        json.WriteNumber("bytes_read_per_token", result.BytesReadPerToken);
        json.WriteNumber("stall_ms_per_token", result.StallMsPerToken);
        json.WriteNumber("prefetches", decode.Prefetches);
        json.WriteNumber("prefetches_useful", decode.UsefulPrefetches);
        json.WriteNumber("prefetches_wasted", decode.WastedPrefetches);
        json.WriteNumber("prefetches_stale", decode.StalePrefetches);
        json.WriteNumber("prefetches_outbid", decode.OutbidPrefetches);
        json.WriteNumber("prefetches_throttled", decode.ThrottledPrefetches);
        json.WriteNumber("prefetcher_ms_per_token", decode.PrefetchTime.TotalMilliseconds / result.DecodedTokens);
        json.WriteNumber("prefetcher_dropped_messages", decode.DroppedMessages);
        json.WriteNumber("evictions", decode.Evictions);
    }

    private string Describe(MemoryPlan plan) => plan.IsResident
        ? "every expert resident" + (Options.Offloading.IsExact ? "" : $", {Options.Offloading.Name}")
        : $"{Options.Offloading.Name} with {plan.NumSlots} of {plan.NumExperts} experts in {new ByteSize(plan.TotalBytes)}";

    private static string Line(string title, string value) => $"{title,-24}{value}";

    private static string F(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static string Share(long count, OffloadingStatistics all) =>
        (all.Uses == 0 ? 0 : count / (double)all.Uses).ToString("P1", CultureInfo.InvariantCulture);
}
