using MoeGen.Evaluation;

namespace MoeGen.Simulation;

/// <summary>What a policy made of a trace on a machine.</summary>
internal sealed record SimulationResult
{
    /// <summary>The policy.</summary>
    public required string Policy { get; init; }

    /// <summary>Slots for experts, those of all devices together.</summary>
    public required int NumSlots { get; init; }

    /// <summary>Passes of prompts.</summary>
    public required PhaseResult Prefill { get; init; }

    /// <summary>Passes of decoded tokens.</summary>
    public required PhaseResult Decode { get; init; }

    /// <summary>Virtual time of each sequence's prompt, ascending, in nanoseconds.</summary>
    public required IReadOnlyList<long> TtftNs { get; init; }

    /// <summary>Virtual time of each decoded token, ascending, in nanoseconds.</summary>
    public required IReadOnlyList<long> TpotNs { get; init; }

    /// <summary>Copies that a prefetch began.</summary>
    public required long Prefetches { get; init; }

    /// <summary>Of these, copies that were used before they were evicted.</summary>
    public required long UsefulPrefetches { get; init; }

    /// <summary>Of these, copies that were evicted unused, or given up on the way.</summary>
    public required long WastedPrefetches { get; init; }

    /// <summary>Predictions that came too late to be followed.</summary>
    public required long StalePrefetches { get; init; }

    /// <summary>Predictions that were worth less than what they would have displaced.</summary>
    public required long OutbidPrefetches { get; init; }

    /// <summary>Predictions that were not followed, because prefetching did not pay at that time.</summary>
    public required long ThrottledPrefetches { get; init; }

    /// <summary>Messages to the prefetcher that were dropped because it was busy.</summary>
    public required long DroppedMessages { get; init; }

    /// <summary>Experts given up for others.</summary>
    public required long Evictions { get; init; }

    /// <summary>Share of useful copies among those of prefetches whose end is known; null: there were none.</summary>
    public double? PrefetchPrecision =>
        UsefulPrefetches + WastedPrefetches == 0 ? null : (double)UsefulPrefetches / (UsefulPrefetches + WastedPrefetches);

    /// <summary>Share of the uses that a prefetch brought among those that were not resident without one; null: there were none.</summary>
    public double? PrefetchRecall =>
        UsefulPrefetches + Prefill.Counts.Misses + Decode.Counts.Misses == 0
            ? null
            : (double)UsefulPrefetches / (UsefulPrefetches + Prefill.Counts.Misses + Decode.Counts.Misses);

    /// <summary>A percentile by nearest rank, in milliseconds; 0 without any value.</summary>
    /// <param name="sortedNs">Ascending, in nanoseconds.</param>
    /// <param name="share">0 to 1.</param>
    public static double PercentileMs(IReadOnlyList<long> sortedNs, double share) =>
        sortedNs.Count == 0 ? 0 : sortedNs[Percentile.RankOf(share, sortedNs.Count)] / 1e6;
}
