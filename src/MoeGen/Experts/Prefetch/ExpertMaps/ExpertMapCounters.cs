using System.Diagnostics;

namespace MoeGen.Experts.Prefetch.ExpertMaps;

/// <summary>What a prefetcher by expert maps has done so far.</summary>
/// <param name="Searches">Searches of the store, semantic and by trajectory.</param>
/// <param name="SearchTicks">What they took, in ticks of <see cref="Stopwatch"/>.</param>
/// <param name="RowsAdded">Maps added to the store.</param>
/// <param name="RowsReplaced">Maps of the store replaced by new ones.</param>
public readonly record struct ExpertMapCounters(long Searches, long SearchTicks, long RowsAdded, long RowsReplaced)
{
    /// <summary>What the searches took.</summary>
    public TimeSpan SearchTime => Stopwatch.GetElapsedTime(0, SearchTicks);
}
