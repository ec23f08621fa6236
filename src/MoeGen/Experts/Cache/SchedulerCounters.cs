namespace MoeGen.Experts.Cache;

/// <summary>What a scheduler has done since the model was loaded.</summary>
internal sealed class SchedulerCounters
{
    public long Evictions;
    public long Prefetches; // copies that a prefetch began
    public long UsefulPrefetches; // of these: used before they were evicted, or waited for
    public long WastedPrefetches; // of these: evicted unused, or given up on the way
    public long StalePrefetches; // predictions that came, or were reached, too late
    public long OutbidPrefetches; // predictions that were worth less than what they would have displaced
    public long TwinReads; // twins that arrived
    public long FailedTwins; // twins that could not be read
    public long Swaps; // copies that a selection asked for and that arrived
    public long FailedSwaps; // those that could not be read
    public long ThrottledPrefetches; // predictions that were not followed, because prefetching did not pay
}
