using System.Diagnostics;

namespace MoeGen.Experts.Cache;

internal sealed unsafe partial class ExpertCache
{
    /// <summary>What has happened so far.</summary>
    public OffloadingStatistics Statistics
    {
        get
        {
            lock (_gate)
            {
                SchedulerCounters counters = _scheduler.Counters;
                return new OffloadingStatistics
                {
                    Passes = _passes,
                    Hits = _run.Hits,
                    LateHits = _run.LateHits,
                    Misses = _run.Misses,
                    DemandBytes = BytesRead(CopyPriority.Demand) + BytesRead(CopyPriority.LookAhead),
                    PrefetchBytes = BytesRead(CopyPriority.Prefetch),
                    SwapBytes = BytesRead(CopyPriority.Swap),
                    Swaps = counters.Swaps,
                    FailedSwaps = counters.FailedSwaps,
                    Prefetches = counters.Prefetches,
                    UsefulPrefetches = counters.UsefulPrefetches,
                    WastedPrefetches = counters.WastedPrefetches,
                    StalePrefetches = counters.StalePrefetches,
                    OutbidPrefetches = counters.OutbidPrefetches,
                    ThrottledPrefetches = counters.ThrottledPrefetches,
                    Evictions = counters.Evictions,
                    Retries = _readers?.Retries ?? 0,
                    DroppedMessages = _prefetch?.DroppedMessages ?? 0,
                    StallTime = Stopwatch.GetElapsedTime(0, _stallTicks),
                    PrefetchTime = _prefetch?.BusyTime ?? TimeSpan.Zero,
                    RouterChoices = _choices.RouterChoices,
                    SkippedChoices = _choices.SkippedChoices,
                    Routings = _choices.Routings,
                    SkippedWeight = _choices.SkippedWeight,
                    TwinReads = counters.TwinReads,
                    FailedTwins = counters.FailedTwins,
                    TwinChoices = _choices.TwinChoices,
                    TwinWeight = _choices.TwinWeight,
                    DecodeSteps = _choices.DecodeSteps,
                    Repeats = _choices.Repeats,
                    NumSlots = _scheduler.NumSlots,
                    NumExperts = Grid.Count,
                };
            }
        }
    }

    private long BytesRead(CopyPriority priority) => _readers?.BytesRead(priority) ?? 0;
}
