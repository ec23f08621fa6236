namespace MoeGen.Experts;

/// <summary>
/// What a model's expert cache has done since the model was loaded. A use is one expert of one layer in one pass, however many tokens chose
/// it; every use is a hit, a late hit or a miss.
/// </summary>
public sealed record OffloadingStatistics
{
    /// <summary>Passes: chunks of prompts and decoded tokens.</summary>
    public required long Passes { get; init; }

    /// <summary>Uses of experts that were resident and ready when the router asked.</summary>
    public required long Hits { get; init; }

    /// <summary>Uses of experts that were on their way when the router asked.</summary>
    public required long LateHits { get; init; }

    /// <summary>Uses of experts that nobody had begun to load.</summary>
    public required long Misses { get; init; }

    /// <summary>Bytes read because a layer waited for them.</summary>
    public required long DemandBytes { get; init; }

    /// <summary>Bytes read ahead.</summary>
    public required long PrefetchBytes { get; init; }

    /// <summary>Copies that a prefetch began.</summary>
    public required long Prefetches { get; init; }

    /// <summary>Of these, copies that were used before they were evicted.</summary>
    public required long UsefulPrefetches { get; init; }

    /// <summary>Of these, copies that were evicted unused, or given up on the way.</summary>
    public required long WastedPrefetches { get; init; }

    /// <summary>Predictions that came too late to be followed.</summary>
    public required long StalePrefetches { get; init; }

    /// <summary>Predictions that were not followed, because all that is resident was worth more.</summary>
    public required long OutbidPrefetches { get; init; }

    /// <summary>Predictions that were not followed, because prefetching did not pay at that time.</summary>
    public required long ThrottledPrefetches { get; init; }

    /// <summary>Experts given up for others.</summary>
    public required long Evictions { get; init; }

    /// <summary>Reads that failed and were tried again.</summary>
    public required long Retries { get; init; }

    /// <summary>Messages to the prefetcher that were dropped because it was busy.</summary>
    public required long DroppedMessages { get; init; }

    /// <summary>Time in which the model waited for experts.</summary>
    public required TimeSpan StallTime { get; init; }

    /// <summary>Time in which the prefetcher's thread computed.</summary>
    public required TimeSpan PrefetchTime { get; init; }

    /// <summary>Choices of routers under a method that is not exact; 0 under one that is.</summary>
    public long RouterChoices { get; init; }

    /// <summary>Of these, choices that did not run.</summary>
    public long SkippedChoices { get; init; }

    /// <summary>Times a router chose for a token under a method that is not exact.</summary>
    public long Routings { get; init; }

    /// <summary>Weight of the choices that did not run, each token's choices in a layer together weighing 1.</summary>
    public double SkippedWeight { get; init; }

    /// <summary>Decode steps under a method that is not exact, those that were run again counted once.</summary>
    public long DecodeSteps { get; init; }

    /// <summary>Decode steps that were run again with more experts.</summary>
    public long Repeats { get; init; }

    /// <summary>Choices that ran as twins, which are smaller copies of experts, of less precision.</summary>
    public long TwinChoices { get; init; }

    /// <summary>Weight of these, each token's choices in a layer together weighing 1.</summary>
    public double TwinWeight { get; init; }

    /// <summary>Twins that were read in the place of experts.</summary>
    public long TwinReads { get; init; }

    /// <summary>Twins that could not be read; their experts were.</summary>
    public long FailedTwins { get; init; }

    /// <summary>Experts that a selection has brought into memory while the model ran, most of them in exchange for others.</summary>
    public long Swaps { get; init; }

    /// <summary>Experts that it wanted and that could not be read.</summary>
    public long FailedSwaps { get; init; }

    /// <summary>Bytes read for them.</summary>
    public long SwapBytes { get; init; }

    /// <summary>Slots of the cache.</summary>
    public required int NumSlots { get; init; }

    /// <summary>Experts of the model.</summary>
    public required int NumExperts { get; init; }

    /// <summary>All uses.</summary>
    public long Uses => Hits + LateHits + Misses;

    /// <summary>Bytes read.</summary>
    public long BytesRead => DemandBytes + PrefetchBytes + SwapBytes;

    /// <summary>Uses that found their expert in memory, as a share of all; 1 when there was none.</summary>
    public double HitRate => Uses == 0 ? 1 : Hits / (double)Uses;

    /// <summary>Choices of routers that did not run, as a share of all; 0 under an exact method.</summary>
    public double SkippedShare => RouterChoices == 0 ? 0 : SkippedChoices / (double)RouterChoices;

    /// <summary>Weight of what did not run, as a share of all; 0 under an exact method.</summary>
    public double SkippedWeightShare => Routings == 0 ? 0 : SkippedWeight / Routings;

    /// <summary>Choices that ran as twins, as a share of all; 0 under an exact method.</summary>
    public double TwinShare => RouterChoices == 0 ? 0 : TwinChoices / (double)RouterChoices;

    /// <summary>Weight of what ran as twins, as a share of all; 0 under an exact method.</summary>
    public double TwinWeightShare => Routings == 0 ? 0 : TwinWeight / Routings;

    /// <summary>Decode steps that were run again with all experts, as a share of all; 0 under a method that runs none again.</summary>
    public double FallbackShare => DecodeSteps == 0 ? 0 : Repeats / (double)DecodeSteps;

    /// <summary>What has happened since an earlier moment.</summary>
    /// <param name="earlier">The statistics of then.</param>
    public OffloadingStatistics Since(OffloadingStatistics earlier) => Plus(earlier, sign: -1);

    /// <summary>What has happened in two spans of time.</summary>
    /// <param name="other">The statistics of the other one.</param>
    public OffloadingStatistics Plus(OffloadingStatistics other) => Plus(other, sign: 1);

    private OffloadingStatistics Plus(OffloadingStatistics other, int sign)
    {
        ArgumentNullException.ThrowIfNull(other);
        return this with
        {
            Passes = Passes + (sign * other.Passes),
            Hits = Hits + (sign * other.Hits),
            LateHits = LateHits + (sign * other.LateHits),
            Misses = Misses + (sign * other.Misses),
            DemandBytes = DemandBytes + (sign * other.DemandBytes),
            PrefetchBytes = PrefetchBytes + (sign * other.PrefetchBytes),
            Prefetches = Prefetches + (sign * other.Prefetches),
            UsefulPrefetches = UsefulPrefetches + (sign * other.UsefulPrefetches),
            WastedPrefetches = WastedPrefetches + (sign * other.WastedPrefetches),
            StalePrefetches = StalePrefetches + (sign * other.StalePrefetches),
            OutbidPrefetches = OutbidPrefetches + (sign * other.OutbidPrefetches),
            ThrottledPrefetches = ThrottledPrefetches + (sign * other.ThrottledPrefetches),
            Evictions = Evictions + (sign * other.Evictions),
            Retries = Retries + (sign * other.Retries),
            DroppedMessages = DroppedMessages + (sign * other.DroppedMessages),
            RouterChoices = RouterChoices + (sign * other.RouterChoices),
            SkippedChoices = SkippedChoices + (sign * other.SkippedChoices),
            Routings = Routings + (sign * other.Routings),
            SkippedWeight = SkippedWeight + (sign * other.SkippedWeight),
            DecodeSteps = DecodeSteps + (sign * other.DecodeSteps),
            Repeats = Repeats + (sign * other.Repeats),
            TwinChoices = TwinChoices + (sign * other.TwinChoices),
            TwinWeight = TwinWeight + (sign * other.TwinWeight),
            TwinReads = TwinReads + (sign * other.TwinReads),
            FailedTwins = FailedTwins + (sign * other.FailedTwins),
            Swaps = Swaps + (sign * other.Swaps),
            FailedSwaps = FailedSwaps + (sign * other.FailedSwaps),
            SwapBytes = SwapBytes + (sign * other.SwapBytes),
            StallTime = StallTime + (sign * other.StallTime),
            PrefetchTime = PrefetchTime + (sign * other.PrefetchTime),
        };
    }
}
