namespace MoeGen.Experts.Eviction;

/// <summary>
/// Gives up what is used least, and rather in later layers: the experts of the first ones have the least time to be loaded ahead.
/// </summary>
/// <remarks>
/// Worth: <c>(1 + tokens) x (1 - layer / (layers + 1))</c>. Source: MoE-Infinity (arXiv 2401.14361), a frequency with a factor for the layer.
/// Tokens are those of the running sequence, as in its activation matrix; counts of the whole run do far worse. The 1 keeps the layers in
/// order where nothing has been used.
/// </remarks>
public sealed class MoeInfinityEviction : IEviction
{
    private readonly ExpertGrid _grid;

    /// <summary>Creates the rule.</summary>
    /// <param name="grid">The experts.</param>
    public MoeInfinityEviction(ExpertGrid grid)
    {
        ArgumentNullException.ThrowIfNull(grid);
        _grid = grid;
    }

    /// <inheritdoc/>
    public string Name => "moe-infinity";

    /// <inheritdoc/>
    public double KeepValue(int key, ExpertUsage usage, in EvictionMoment moment) =>
        (1.0 + usage.SequenceTokens[key]) * (1 - (_grid.LayerOf(key) / (_grid.NumLayers + 1.0)));
}
