namespace MoeGen.Experts.Eviction;

/// <summary>
/// Experts that the running pass has used are fresh for the next pass; those left over from an earlier one are stale and go first. Both go
/// in the order of their layers, inside a layer the least recently used first.
/// </summary>
/// <remarks>Source: Least-Stale of SpecMD (arXiv 2602.03921) by its abstract; the order of layers is our reading.</remarks>
public sealed class LeastStaleEviction : IEviction
{
    private readonly ExpertGrid _grid;

    /// <summary>Creates the rule.</summary>
    /// <param name="grid">The experts.</param>
    public LeastStaleEviction(ExpertGrid grid)
    {
        ArgumentNullException.ThrowIfNull(grid);
        _grid = grid;
    }

    /// <inheritdoc/>
    public string Name => "least-stale";

    /// <inheritdoc/>
    public double KeepValue(int key, ExpertUsage usage, in EvictionMoment moment)
    {
        int layer = _grid.LayerOf(key);
        bool isFresh = usage.LastPass[key] == moment.Pass;
        return UseOrder.Within(isFresh ? _grid.NumLayers + layer : layer, usage.LastUse[key]);
    }
}
