using System.Text.Json.Nodes;
using MoeGen.Benchmarks.Measuring;

namespace MoeGen.Benchmarks.Results;

/// <summary>One measurement or simulation of one configuration.</summary>
internal sealed record Sample
{
    private const double MsPerSecond = 1000;

    public required Configuration Configuration { get; init; }

    public required double TokensPerSecond { get; init; }

    /// <summary>Time of a decoded token, averaged over a run: what waiting now and then for an expert costs shows here alone.</summary>
    public double MeanTpotMs => MsPerSecond / TokensPerSecond;

    /// <summary>Median over tokens.</summary>
    public required double TpotMs { get; init; }

    public required double TpotP95Ms { get; init; }

    public required UseCounts Uses { get; init; }

    public required double BytesReadPerToken { get; init; }

    /// <summary>Share of the time of decoding in which the model waited for experts, 0 to 1.</summary>
    public required double StallShare { get; init; }

    /// <summary>Most resident memory minus the budget; of a measurement only.</summary>
    public double PeakOverBudgetBytes { get; init; }

    /// <summary>Bytes that a decoded token allocated on the managed heap; of a measurement only.</summary>
    public double AllocatedBytesPerToken { get; init; }

    /// <summary>Reads a line of the results file.</summary>
    public static Sample OfBench(JsonObject record)
    {
        JsonNode bench = record["bench"]!;
        double tokensPerSecond = Number(bench, "tokens_per_second");
        return Of(bench) with
        {
            Configuration = new Configuration(
                record["round"]!.GetValue<int>(), record["budget_percent"]!.GetValue<int>(), record["method"]!.GetValue<string>()),
            StallShare = Math.Min(1, Number(bench, "stall_ms_per_token") * tokensPerSecond / MsPerSecond),
            PeakOverBudgetBytes = Number(record, "peak_rss_bytes") - Number(record, "budget_bytes"),
            AllocatedBytesPerToken = Number(bench, "allocated_bytes_per_token"),
        };
    }

    /// <summary>Reads one of the results that `moegen simulate` prints.</summary>
    public static Sample OfSimulation(JsonNode result) => Of(result) with
    {
        Configuration = new Configuration(
            Round: 0, (int)Math.Round(100 * Number(result, "slots_share")), result["offload"]!.GetValue<string>()),
        StallShare = Number(result, "stall_share"),
    };

    // what both print under the same names
    private static Sample Of(JsonNode json) => new()
    {
        Configuration = default,
        TokensPerSecond = Number(json, "tokens_per_second"),
        TpotMs = Number(json, "tpot_ms"),
        TpotP95Ms = Number(json, "tpot_p95_ms"),
        Uses = UseCounts.Read(json),
        BytesReadPerToken = Number(json, "bytes_read_per_token"),
        StallShare = 0,
    };

    private static double Number(JsonNode json, string key) => json[key]!.GetValue<double>();
}
