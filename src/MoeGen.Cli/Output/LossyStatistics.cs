using System.Globalization;
using System.Text.Json;
using MoeGen.Experts;

namespace MoeGen.Cli.Output;

/// <summary>What a method that is not exact has left out, for people and for scripts.</summary>
internal static class LossyStatistics
{
    /// <summary>One line.</summary>
    /// <param name="statistics">What was counted.</param>
    /// <param name="expectedAgreement">Tokens that are expected to be those of the exact model, as a share; null: nothing was measured.</param>
    public static string Describe(OffloadingStatistics statistics, double? expectedAgreement) =>
        $"{Percent(statistics.SkippedShare)} of what the routers chose did not run ({Percent(statistics.SkippedWeightShare)} of its weight)"
        + $"; {statistics.Repeats} of {statistics.DecodeSteps} decode steps ran again with all experts"
        + $"; {statistics.Swaps} experts swapped in, {new ByteSize(statistics.SwapBytes)} read for it"
        + $"; {Percent(statistics.TwinShare)} ran as twins ({Percent(statistics.TwinWeightShare)} of the weight), "
        + $"{statistics.TwinReads} twins read"
        + (statistics.FailedTwins == 0 ? "" : $", {statistics.FailedTwins} damaged")
        + (expectedAgreement is { } agreement ? $"; {Percent(agreement)} of tokens as the exact model's expected of its calibration or plan" : "");

    /// <summary>Members of an object.</summary>
    /// <inheritdoc cref="Describe"/>
    public static void Write(Utf8JsonWriter json, OffloadingStatistics statistics, double? expectedAgreement)
    {
        json.WriteNumber("skipped_share", statistics.SkippedShare);
        json.WriteNumber("skipped_weight_share", statistics.SkippedWeightShare);
        json.WriteNumber("decode_steps", statistics.DecodeSteps);
        json.WriteNumber("repeated_steps", statistics.Repeats);
        json.WriteNumber("fallback_share", statistics.FallbackShare);
        json.WriteNumber("swaps", statistics.Swaps);
        json.WriteNumber("swaps_failed", statistics.FailedSwaps);
        json.WriteNumber("swap_bytes", statistics.SwapBytes);
        json.WriteNumber("twin_share", statistics.TwinShare);
        json.WriteNumber("twin_weight_share", statistics.TwinWeightShare);
        json.WriteNumber("twin_reads", statistics.TwinReads);
        json.WriteNumber("twins_failed", statistics.FailedTwins);
        if (expectedAgreement is { } agreement)
        {
            json.WriteNumber("expected_agreement", agreement);
        }
    }

    private static string Percent(double share) => share.ToString("P1", CultureInfo.InvariantCulture);
}
