namespace MoeGen.Experts.Eviction;

/// <summary>
/// Every layer has the same quota of slots. A layer that has used up its quota gives up its own least recently used expert; otherwise the
/// layer most over its quota does.
/// </summary>
/// <remarks>Source: mixtral-offloading (arXiv 2312.17238), one group of least recently used experts for each layer.</remarks>
public sealed class LruPerLayerEviction : IEviction
{
    private readonly ExpertGrid _grid;

    /// <summary>Creates the rule.</summary>
    /// <param name="grid">The experts.</param>
    public LruPerLayerEviction(ExpertGrid grid)
    {
        ArgumentNullException.ThrowIfNull(grid);
        _grid = grid;
    }

    /// <inheritdoc/>
    public string Name => "lru-layer";

    /// <inheritdoc/>
    public double KeepValue(int key, ExpertUsage usage, in EvictionMoment moment)
    {
        int quota = Math.Max(1, moment.NumSlots / _grid.NumLayers);
        int layer = _grid.LayerOf(key), incoming = _grid.LayerOf(moment.Incoming);
        int group = moment.ResidentOfLayer[incoming] >= quota
            ? (layer == incoming ? 0 : 1)
            : -moment.ResidentOfLayer[layer];
        return UseOrder.Within(group, usage.LastUse[key]);
    }
}
