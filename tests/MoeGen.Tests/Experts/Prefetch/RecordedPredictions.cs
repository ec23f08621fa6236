using MoeGen.Experts.Prefetch;

namespace MoeGen.Tests.Experts.Prefetch;

/// <summary>Remembers what a prefetcher expects, until it is asked.</summary>
internal sealed class RecordedPredictions : IPredictions
{
    private readonly List<(int Layer, int Expert, float Probability)> _prefetched = [];

    /// <summary>What each layer was last expected to be.</summary>
    public Dictionary<int, float[]> Expected { get; } = [];

    public void Expect(int layer, ReadOnlySpan<float> probabilities) => Expected[layer] = probabilities.ToArray();

    public void Prefetch(int layer, int expert, float probability) => _prefetched.Add((layer, expert, probability));

    /// <summary>What was asked for since the last call, in that order.</summary>
    public (int Layer, int Expert, float Probability)[] Take()
    {
        (int, int, float)[] taken = [.. _prefetched];
        _prefetched.Clear();
        return taken;
    }

    /// <summary>The same, without probabilities.</summary>
    public (int Layer, int Expert)[] TakeExperts() => [.. Take().Select(prefetch => (prefetch.Layer, prefetch.Expert))];
}

/// <summary>Takes what is expected and forgets it: for tests of what a prefetcher allocates.</summary>
internal sealed class NoPredictions : IPredictions
{
    public void Expect(int layer, ReadOnlySpan<float> probabilities)
    {
    }

    public void Prefetch(int layer, int expert, float probability)
    {
    }
}
