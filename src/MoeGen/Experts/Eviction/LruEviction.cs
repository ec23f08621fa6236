namespace MoeGen.Experts.Eviction;

/// <summary>Gives up the expert that has not been used for longest, of whatever layer.</summary>
public sealed class LruEviction : IEviction
{
    /// <inheritdoc/>
    public string Name => "lru";

    /// <inheritdoc/>
    public double KeepValue(int key, ExpertUsage usage, in EvictionMoment moment) => usage.LastUse[key];
}
