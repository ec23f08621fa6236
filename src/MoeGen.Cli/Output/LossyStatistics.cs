using System.Globalization;
using System.Text.Json;
using MoeGen.Experts;

namespace MoeGen.Cli.Output;

/// <summary>What a method that is not exact has left out, for people and for scripts.</summary>
internal static class LossyStatistics
{
    /// <summary>One line.</summary>
    public static string Describe(OffloadingStatistics statistics) =>
        $"{Percent(statistics.SkippedShare)} of what the routers chose did not run ({Percent(statistics.SkippedWeightShare)} of its weight)"
        + $"; {statistics.Repeats} of {statistics.DecodeSteps} decode steps ran again with all experts"
        + $"; {statistics.Swaps} experts swapped in, {new ByteSize(statistics.SwapBytes)} read for it";

    /// <summary>Members of an object.</summary>
    public static void Write(Utf8JsonWriter json, OffloadingStatistics statistics)
    {
        json.WriteNumber("skipped_share", statistics.SkippedShare);
        json.WriteNumber("skipped_weight_share", statistics.SkippedWeightShare);
        json.WriteNumber("decode_steps", statistics.DecodeSteps);
        json.WriteNumber("repeated_steps", statistics.Repeats);
        json.WriteNumber("fallback_share", statistics.FallbackShare);
        json.WriteNumber("swaps", statistics.Swaps);
        json.WriteNumber("swaps_failed", statistics.FailedSwaps);
        json.WriteNumber("swap_bytes", statistics.SwapBytes);
    }

    private static string Percent(double share) => share.ToString("P1", CultureInfo.InvariantCulture);
}
