using MoeGen.Engine;
using MoeGen.Kernels;

namespace MoeGen.Generator.Tests.Testing;

/// <summary>Writes down which experts every token has chosen.</summary>
internal sealed class ChosenExpertsLog : IRoutingObserver
{
    private readonly Dictionary<int, List<int[]>> _byLayer = [];

    public void OnRouted(int layer, Activations normed, ForwardPass pass)
    {
        for (int t = 0; t < pass.NumTokens; t++)
        {
            _byLayer.TryAdd(layer, []);
            _byLayer[layer].Add(pass.Routing.TopKIds(t).ToArray());
        }
    }

    /// <summary>[layer][token] ids, best first.</summary>
    public int[][][] ByLayer(IReadOnlyList<int> layers) => [.. layers.Select(layer => _byLayer[layer].ToArray())];
}
