using MoeGen.Experts;
using MoeGen.Experts.Prefetch;
using MoeGen.Traces;

namespace MoeGen.Simulation;

/// <summary>
/// Asks for exactly what the layers to come will choose, the nearest first; with an eviction that knows the future, too, only for what is
/// used before that which it displaces. It is close to a bound and not a policy: what is left to wait for is the link. Like any prefetcher
/// it asks for the running pass alone.
/// </summary>
internal sealed class OraclePrefetch(ExpertGrid grid, TraceReader reader) : IPrefetch
{
    private readonly bool[] _isWanted = new bool[grid.Count]; // by the pass

    /// <inheritdoc/>
    public string Name => "oracle";

    /// <inheritdoc/>
    public void OnPassStart(in PassStart start, IPredictions predictions)
    {
        Array.Clear(_isWanted);
        ReadOnlySpan<int> experts = reader.ReadExperts((int)start.Pass - 1);
        for (int i = 0; i < experts.Length; i++)
        {
            if (experts[i] != Routing.Dropped)
            {
                _isWanted[grid.KeyOf(i / grid.TopK % grid.NumLayers, experts[i])] = true;
            }
        }

        AskFrom(0, predictions);
    }

    /// <inheritdoc/>
    public void OnRouted(in RoutedLayer routed, IPredictions predictions) => AskFrom(routed.Layer + 1, predictions);

    /// <inheritdoc/>
    public void OnPassEnd()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private void AskFrom(int layer, IPredictions predictions)
    {
        for (int key = grid.KeyOf(layer, 0); key < grid.Count; key++)
        {
            if (_isWanted[key])
            {
                predictions.Prefetch(grid.LayerOf(key), grid.ExpertOf(key), probability: 1);
            }
        }
    }
}
