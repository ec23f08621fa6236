namespace MoeGen.Simulation;

/// <summary>What a cache has done, in uses of experts and in bytes. A use is one expert of one layer in one pass.</summary>
/// <param name="Hits">Uses of experts that were resident and ready when the router asked.</param>
/// <param name="LateHits">Uses of experts that were on their way.</param>
/// <param name="Misses">Uses of experts that nobody had begun to load.</param>
/// <param name="DemandBytes">Bytes read because a layer waited for them.</param>
/// <param name="PrefetchBytes">Bytes read ahead.</param>
internal readonly record struct UseCounts(long Hits, long LateHits, long Misses, long DemandBytes, long PrefetchBytes)
{
    public static UseCounts operator +(UseCounts a, UseCounts b) => new(
        a.Hits + b.Hits, a.LateHits + b.LateHits, a.Misses + b.Misses, a.DemandBytes + b.DemandBytes, a.PrefetchBytes + b.PrefetchBytes);

    public static UseCounts operator -(UseCounts a, UseCounts b) => new(
        a.Hits - b.Hits, a.LateHits - b.LateHits, a.Misses - b.Misses, a.DemandBytes - b.DemandBytes, a.PrefetchBytes - b.PrefetchBytes);
}
