using System.Globalization;
using System.Text.Json;
using MoeGen.Cli.Output;
using MoeGen.Simulation;
using MoeGen.Traces;

namespace MoeGen.Cli.Commands;

/// <summary>What simulations have come to, with their conditions, for people and for scripts.</summary>
/// <param name="Path">The trace's file.</param>
/// <param name="Setup">Any of the simulations: they have all but policy and slots in common.</param>
/// <param name="Results">What each came to.</param>
/// <param name="Consistency">Local routing consistency; null: nobody asked.</param>
internal sealed record SimulationReport(
    string Path, SimulationSetup Setup, IReadOnlyList<SimulationResult> Results, IReadOnlyList<ConsistencyPoint>? Consistency)
{
    private const double BytesPerMegabyte = 1e6;

    private ActivationTrace Trace => Setup.Trace;

    public void WriteText(CliStreams streams)
    {
        TraceInfo info = Trace.Info;
        HardwareProfile hardware = Setup.Hardware;
        int measured = Trace.NumSequences - Setup.TrainSequences;
        streams.WriteLine(
            $"{Path}: {info.Model}, {info.Grid.NumLayers} layers of {info.Grid.NumExperts} experts, {info.Grid.TopK} for each token, "
            + $"{new ByteSize(Setup.ExpertBytes)} each; {measured} sequences simulated on {hardware.Name}"
            + (Setup.TrainSequences > 0 ? $" after {Setup.TrainSequences} for the prefetchers" : ""));
        streams.WriteLine("");
        streams.WriteLine(
            $"{"policy",-14}{"slots",7}{"hit",8}{"late",8}{"miss",8}{"prompt hit",12}{"TTFT ms",11}{"TPOT p50",11}{"p95 ms",11}"
            + $"{"tokens/s",10}{"MB/token",10}{"stall",8}{"precision",11}");
        foreach (SimulationResult result in Results)
        {
            PhaseResult decode = result.Decode;
            streams.WriteLine(
                $"{result.Policy,-14}{result.NumSlots,7}{P(decode.HitRate),8}{P(decode.LateRate),8}{P(decode.MissRate),8}"
                + $"{P(result.Prefill.HitRate),12}{Ms(result.TtftNs, 0.5),11}{Ms(result.TpotNs, 0.5),11}{Ms(result.TpotNs, 0.95),11}"
                + $"{F(decode.TokensPerSecond, "F2"),10}{F(decode.BytesPerToken / BytesPerMegabyte, "F1"),10}{P(decode.StallShare),8}"
                + $"{(result.PrefetchPrecision is { } precision ? P(precision) : "-"),11}");
        }

        if (Consistency is not null)
        {
            WriteConsistency(streams, Consistency);
        }
    }

    public void WriteJson(CliStreams streams) =>
        Json.WriteObject(streams, json =>
        {
            json.WriteString("trace", Path);
            json.WriteString("model", Trace.Info.Model);
            json.WriteString("fingerprint", Trace.Info.Fingerprint);
            json.WriteNumber("layers", Trace.Info.Grid.NumLayers);
            json.WriteNumber("experts", Trace.Info.Grid.NumExperts);
            json.WriteNumber("top_k", Trace.Info.Grid.TopK);
            json.WriteNumber("sequences", Trace.NumSequences);
            json.WriteNumber("train_sequences", Setup.TrainSequences);
            json.WriteNumber("tokens", Trace.NumTokens);
            json.WriteString("hardware", Setup.Hardware.Name);
            json.WriteNumber("expert_bytes", Setup.ExpertBytes);
            json.WriteStartArray("results");
            foreach (SimulationResult result in Results)
            {
                WriteResult(json, result);
            }

            json.WriteEndArray();
            if (Consistency is not null)
            {
                WriteConsistency(json, Consistency);
            }
        });

    private void WriteResult(Utf8JsonWriter json, SimulationResult result)
    {
        json.WriteStartObject();
        json.WriteString("offload", result.Policy);
        json.WriteNumber("slots", result.NumSlots);
        json.WriteNumber("slots_share", (double)result.NumSlots / Trace.Info.Grid.Count);
        json.WriteNumber("ttft_ms", SimulationResult.PercentileMs(result.TtftNs, 0.5));
        json.WriteNumber("ttft_p95_ms", SimulationResult.PercentileMs(result.TtftNs, 0.95));
        json.WriteNumber("tpot_ms", SimulationResult.PercentileMs(result.TpotNs, 0.5));
        json.WriteNumber("tpot_p95_ms", SimulationResult.PercentileMs(result.TpotNs, 0.95));
        json.WriteNumber("tokens_per_second", result.Decode.TokensPerSecond);
        json.WriteNumber("prefill_tokens_per_second", result.Prefill.TokensPerSecond);
        WritePhase(json, "", result.Decode);
        WritePhase(json, "prefill_", result.Prefill);
        json.WriteNumber("prefetches", result.Prefetches);
        json.WriteNumber("prefetches_useful", result.UsefulPrefetches);
        json.WriteNumber("prefetches_wasted", result.WastedPrefetches);
        json.WriteNumber("prefetches_stale", result.StalePrefetches);
        json.WriteNumber("prefetches_outbid", result.OutbidPrefetches);
        json.WriteNumber("prefetches_throttled", result.ThrottledPrefetches);
        json.WriteNumber("prefetcher_dropped_messages", result.DroppedMessages);
        WriteShare(json, "prefetch_precision", result.PrefetchPrecision);
        WriteShare(json, "prefetch_recall", result.PrefetchRecall);
        json.WriteNumber("evictions", result.Evictions);
        json.WriteEndObject();
    }

    private static void WritePhase(Utf8JsonWriter json, string prefix, PhaseResult phase)
    {
        json.WriteNumber(prefix + "expert_hits", phase.Counts.Hits);
        json.WriteNumber(prefix + "expert_late_hits", phase.Counts.LateHits);
        json.WriteNumber(prefix + "expert_misses", phase.Counts.Misses);
        json.WriteNumber(prefix + "demand_bytes", phase.Counts.DemandBytes);
        json.WriteNumber(prefix + "prefetch_bytes", phase.Counts.PrefetchBytes);
        json.WriteNumber(prefix + "bytes_read_per_token", phase.BytesPerToken);
        json.WriteNumber(prefix + "stall_share", phase.StallShare);
    }

    private static void WriteShare(Utf8JsonWriter json, string name, double? share)
    {
        if (share is { } value)
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static void WriteConsistency(Utf8JsonWriter json, IReadOnlyList<ConsistencyPoint> points)
    {
        json.WriteStartArray("consistency");
        foreach (ConsistencyPoint point in points)
        {
            json.WriteStartObject();
            json.WriteNumber("cache_ratio", point.CacheRatio);
            json.WriteNumber("segment_tokens", point.SegmentLength);
            WriteShare(json, "srp", point.Srp);
            json.WriteNumber("sch", point.Sch);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteConsistency(CliStreams streams, IReadOnlyList<ConsistencyPoint> points)
    {
        int[] lengths = [.. points.Select(point => point.SegmentLength).Distinct()];
        streams.WriteLine("");
        streams.WriteLine("local routing consistency, SRP / SCH by experts in the cache (times those of a token) and tokens of a segment");
        streams.WriteLine($"{"",-8}{string.Concat(lengths.Select(length => $"{length,18}"))}");
        foreach (IGrouping<double, ConsistencyPoint> row in points.GroupBy(point => point.CacheRatio))
        {
            IEnumerable<string> cells = row.Select(point => $"{(point.Srp is { } srp ? P(srp) : "-")} / {P(point.Sch)}");
            streams.WriteLine($"{F(row.Key, "0.##") + "x",-8}{string.Concat(cells.Select(cell => $"{cell,18}"))}");
        }
    }

    private static string Ms(IReadOnlyList<long> sortedNs, double share) => F(SimulationResult.PercentileMs(sortedNs, share), "F2");

    private static string P(double share) => share.ToString("P1", CultureInfo.InvariantCulture);

    private static string F(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
