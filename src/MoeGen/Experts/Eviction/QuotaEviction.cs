namespace MoeGen.Experts.Eviction;

/// <summary>
/// Every layer has a quota of slots of its own, in proportion to what a plan gives it. A layer that has used up its quota gives up the
/// expert of its own that the fewest tokens of the running sequence have chosen; otherwise the layer most over its quota does.
/// </summary>
/// <remarks>SwapMoE's plan (arXiv 2308.15030, section 3.4) as quotas of an exact cache: our combination.</remarks>
public sealed class QuotaEviction : IEviction
{
    // places of a number that a double holds exactly: group, tokens, age in passes
    private const int MaxTokens = 1 << 20;
    private const int MaxAge = 1 << 12;

    private readonly ExpertGrid _grid;
    private readonly int[] _shares; // [layers]
    private readonly int _sum;

    /// <summary>Creates the rule.</summary>
    /// <param name="grid">The experts.</param>
    /// <param name="shares">Slots of each layer in the plan, at least 1; whatever the number of slots is, layers share it in proportion.</param>
    /// <exception cref="ArgumentException">Not as many as there are layers, or one is below 1.</exception>
    public QuotaEviction(ExpertGrid grid, IReadOnlyList<int> shares)
    {
        ArgumentNullException.ThrowIfNull(grid);
        ArgumentNullException.ThrowIfNull(shares);
        if (shares.Count != grid.NumLayers || shares.Any(share => share < 1))
        {
            throw new ArgumentException(
                $"Shares are [{string.Join(", ", shares)}]; expected {grid.NumLayers} numbers of at least 1, one for each sparse layer.",
                nameof(shares));
        }

        _grid = grid;
        _shares = [.. shares];
        _sum = _shares.Sum();
    }

    /// <inheritdoc/>
    public string Name => "quota";

    /// <inheritdoc/>
    public double KeepValue(int key, ExpertUsage usage, in EvictionMoment moment)
    {
        int layer = _grid.LayerOf(key), incoming = _grid.LayerOf(moment.Incoming);
        int group = Excess(incoming, moment) >= 0 ? (layer == incoming ? 0 : 1) : -Excess(layer, moment);
        int tokens = Math.Min(usage.SequenceTokens[key], MaxTokens - 1);
        long age = Math.Min(moment.Pass - usage.LastPass[key], MaxAge - 1);
        return ((((double)group * MaxTokens) + tokens) * MaxAge) - age;
    }

    private int Excess(int layer, in EvictionMoment moment) =>
        moment.ResidentOfLayer[layer] - Math.Max(1, (int)((long)moment.NumSlots * _shares[layer] / _sum));
}
