using MoeGen.Experts;
using MoeGen.Experts.Eviction;

namespace MoeGen.Simulation;

/// <summary>
/// Gives up the expert whose next use is farthest away: no cache without prefetch has more hits, as long as it holds what one layer wants
/// (L. A. Belady, A study of replacement algorithms for a virtual-storage computer, 1966). Needs the future, so it is a bound and not a
/// policy.
/// </summary>
internal sealed class BeladyEviction(ExpertGrid grid, TraceFuture future) : IEviction
{
    private readonly int[] _next = new int[grid.Count]; // [keys] uses that are over, as far as has been looked

    /// <inheritdoc/>
    public string Name => "belady";

    /// <inheritdoc/>
    public bool ComparesPrefetches => true;

    /// <inheritdoc/>
    public double KeepValue(int key, ExpertUsage usage, in EvictionMoment moment)
    {
        // the layer that runs has what it wants protected; what is left of it is wanted by a later pass at the earliest
        long firstPass = moment.Pass - 1 + (grid.LayerOf(key) <= moment.Layer ? 1 : 0);
        ReadOnlySpan<int> uses = future.UsesOf(key);
        ref int next = ref _next[key];
        while (next < uses.Length && uses[next] < firstPass)
        {
            next++;
        }

        return next == uses.Length ? double.NegativeInfinity : -(((double)uses[next] * grid.NumLayers) + grid.LayerOf(key));
    }
}
