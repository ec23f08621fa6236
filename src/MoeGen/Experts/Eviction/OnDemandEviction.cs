namespace MoeGen.Experts.Eviction;

/// <summary>Keeps nothing: an expert is given up as soon as it has computed. The floor that every cache has to beat.</summary>
public sealed class OnDemandEviction : IEviction
{
    /// <inheritdoc/>
    public string Name => "on-demand";

    /// <inheritdoc/>
    public bool KeepsUsedExperts => false;

    /// <inheritdoc/>
    public double KeepValue(int key, ExpertUsage usage, in EvictionMoment moment) => usage.LastUse[key];
}
