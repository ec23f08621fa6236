using MoeGen.Experts;
using MoeGen.Experts.Prefetch;
using MoeGen.Experts.Prefetch.ExpertMaps;

namespace MoeGen.Tests.Experts.Prefetch.ExpertMaps;

/// <summary>A store with made-up maps, and what was put into it.</summary>
internal sealed class StoreCase : IDisposable
{
    // a cosine with a vector that is rounded to 8 bits: at most 2^-8 an element, of either sign
    public const double Tolerance = 0.002;

    public StoreCase(int numLayers, int numExperts, int hiddenSize, int capacity, int seed = 1)
    {
        Random = new Random(seed);
        Setup = new PrefetchSetup(new ExpertGrid(numLayers, numExperts, 1), hiddenSize, "0123456789abcdef");
        Store = new ExpertMapStore(Setup, capacity);
    }

    public Random Random { get; }

    public PrefetchSetup Setup { get; }

    public ExpertMapStore Store { get; }

    public List<float[]> Embeddings { get; } = [];

    public List<float[]> Maps { get; } = [];

    public int NumLayers => Setup.Grid.NumLayers;

    public float[] NewEmbedding() => Distributions.RandomEmbedding(Random, Setup.HiddenSize);

    public float[] NewMap() => Distributions.RandomMap(Random, NumLayers, Setup.Grid.NumExperts);

    /// <summary>The distribution of a layer.</summary>
    public ReadOnlySpan<float> Row(float[] map, int layer) => map.AsSpan(layer * Setup.Grid.NumExperts, Setup.Grid.NumExperts);

    /// <summary>The distributions of the layers up to one.</summary>
    public ReadOnlySpan<float> Prefix(float[] map, int layer) => map.AsSpan(0, (layer + 1) * Setup.Grid.NumExperts);

    public void Add(float[] embedding, float[] map)
    {
        Store.Put(Store.Count, embedding, map);
        Embeddings.Add(embedding);
        Maps.Add(map);
    }

    public StoreCase Fill(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Add(NewEmbedding(), NewMap());
        }

        return this;
    }

    public void Dispose() => Store.Dispose();
}
