namespace MoeGen.Tests.Experts.Prefetch;

/// <summary>Made-up router distributions and embeddings.</summary>
internal static class Distributions
{
    /// <summary>Softmax of random logits, [experts].</summary>
    public static float[] Random(Random random, int numExperts)
    {
        double[] exponentials = [.. Enumerable.Range(0, numExperts).Select(_ => Math.Exp(4 * random.NextDouble()))];
        double sum = exponentials.Sum();
        return [.. exponentials.Select(value => (float)(value / sum))];
    }

    /// <summary>A map, [layers, experts].</summary>
    public static float[] RandomMap(Random random, int numLayers, int numExperts) =>
        [.. Enumerable.Range(0, numLayers).SelectMany(_ => Random(random, numExperts))];

    /// <summary>An embedding, [hidden].</summary>
    public static float[] RandomEmbedding(Random random, int hiddenSize) =>
        [.. Enumerable.Range(0, hiddenSize).Select(_ => random.NextSingle() - 0.5f)];

    /// <summary>The cosine, in double precision; 0 where a vector is zero.</summary>
    public static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double product = 0, squareA = 0, squareB = 0;
        for (int i = 0; i < a.Length; i++)
        {
            product += (double)a[i] * b[i];
            squareA += (double)a[i] * a[i];
            squareB += (double)b[i] * b[i];
        }

        return product == 0 ? 0 : product / Math.Sqrt(squareA * squareB);
    }
}
