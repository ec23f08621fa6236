namespace MoeGen.Experts.Eviction;

/// <summary>Gives nothing up: a selection says itself which experts are in memory.</summary>
internal sealed class NoEviction : IEviction
{
    /// <inheritdoc/>
    public string Name => "none";

    /// <inheritdoc/>
    public double KeepValue(int key, ExpertUsage usage, in EvictionMoment moment) => double.PositiveInfinity;
}
