using System.Diagnostics;
using MoeGen.Benchmarks.Results;
using MoeGen.Experts;
using MoeGen.Experts.Prefetch;
using MoeGen.Experts.Prefetch.ExpertMaps;

namespace MoeGen.Benchmarks.Searching;

/// <summary>What a decoded token has cost.</summary>
/// <param name="PassMs">From its embedding to the map that is added, median.</param>
/// <param name="StartMs">The part for its embedding, median.</param>
/// <param name="StoreBytes">Bytes of the store.</param>
internal sealed record SearchTimes(double PassMs, double StartMs, long StoreBytes);

/// <summary>Tells FineMoE's prefetcher of passes as a model would, and takes the time.</summary>
internal static class MapSearch
{
    public const int Passes = 200;
    public const string Shape = "Qwen1.5-MoE's shape: 24 layers of 60 experts, 4 for each token, hidden size 2048";

    private const int WarmUpPasses = 500;
    private const int HiddenSize = 2048;
    private const int PromptTokens = 32; // as many as a pass leaves in the store

    private static readonly ExpertGrid s_grid = new(NumLayers: 24, NumExperts: 60, TopK: 4);

    public static SearchTimes Measure(int capacity, CancellationToken cancellationToken)
    {
        Random random = new(1);
        ExpertMapOptions options = new() { Capacity = capacity };
        using ExpertMapPrefetch prefetch = new(new PrefetchSetup(s_grid, HiddenSize, ""), options);
        while (prefetch.Store.Count < capacity)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _ = Run(prefetch, random, PromptTokens);
        }

        // a small store is full before the runtime has compiled all of this with optimisations
        for (int pass = 0; pass < WarmUpPasses; pass++)
        {
            _ = Run(prefetch, random, 1);
        }

        (double Pass, double Start)[] times = [.. Enumerable.Range(0, Passes).Select(_ => Run(prefetch, random, 1))];
        return new SearchTimes(
            Median.Of(times.Select(time => time.Pass)), Median.Of(times.Select(time => time.Start)), prefetch.Store.SizeInBytes);
    }

    private static (double PassMs, double StartMs) Run(ExpertMapPrefetch prefetch, Random random, int tokens)
    {
        float[] embeddings = [.. Enumerable.Range(0, tokens * HiddenSize).Select(_ => (random.NextSingle() * 2) - 1)];
        float[][] layers = [.. Enumerable.Range(0, s_grid.NumLayers).Select(_ => Distributions(random, tokens))];
        int[] chosen = new int[tokens * s_grid.TopK];
        long began = Stopwatch.GetTimestamp();
        prefetch.OnPassStart(new PassStart(1, isNewSequence: tokens > 1, tokens, embeddings), Nobody.Instance);
        double start = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        for (int layer = 0; layer < layers.Length; layer++)
        {
            prefetch.OnRouted(new RoutedLayer(layer, tokens, layers[layer], chosen, []), Nobody.Instance);
        }

        prefetch.OnPassEnd();
        return (Stopwatch.GetElapsedTime(began).TotalMilliseconds, start);
    }

    // few experts have most of the probability, as behind a softmax
    private static float[] Distributions(Random random, int tokens)
    {
        float[] values = [.. Enumerable.Range(0, tokens * s_grid.NumExperts).Select(_ => MathF.Pow(random.NextSingle(), 8))];
        for (int first = 0; first < values.Length; first += s_grid.NumExperts)
        {
            Span<float> distribution = values.AsSpan(first, s_grid.NumExperts);
            float sum = 0;
            foreach (float value in distribution)
            {
                sum += value;
            }

            for (int expert = 0; expert < distribution.Length; expert++)
            {
                distribution[expert] /= sum;
            }
        }

        return values;
    }

    // a scheduler that follows nothing
    private sealed class Nobody : IPredictions
    {
        public static Nobody Instance { get; } = new();

        public void Expect(int layer, ReadOnlySpan<float> probabilities)
        {
        }

        public void Prefetch(int layer, int expert, float probability)
        {
        }
    }
}
