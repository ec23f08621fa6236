namespace MoeGen.Experts.Prefetch.ExpertMaps;

/// <summary>Cosines of all stored maps with a query, made of products and lengths when they are asked for.</summary>
/// <param name="products">Products of the query with each map, [count] f32.</param>
/// <param name="scales">1 / length of each map, 0 of a zero vector, [count] f32.</param>
/// <param name="scale">1 / length of the query; 0: it is zero, and like nothing.</param>
internal readonly ref struct Cosines(ReadOnlySpan<float> products, ReadOnlySpan<float> scales, float scale)
{
    private readonly ReadOnlySpan<float> _products = products;
    private readonly ReadOnlySpan<float> _scales = scales;
    private readonly float _scale = scale;

    /// <summary>The cosine with a map, 0 where either is zero.</summary>
    public float this[int row] => _products[row] * _scales[row] * _scale;

    /// <summary>The map with the largest cosine; among equals the first.</summary>
    public MapMatch Best()
    {
        if (_scale == 0)
        {
            return MapMatch.None;
        }

        int best = -1;
        float largest = float.NegativeInfinity;
        ReadOnlySpan<float> scales = _scales[.._products.Length];
        for (int row = 0; row < _products.Length; row++)
        {
            float candidate = _products[row] * scales[row];
            if (candidate > largest)
            {
                (best, largest) = (row, candidate);
            }
        }

        return best < 0 ? MapMatch.None : new MapMatch(best, largest * _scale);
    }

    /// <summary>
    /// The map that a new one makes most redundant, so that replacing it keeps the store diverse; among equals the first.
    /// <c>RDY = share x cos(embeddings) + (1 - share) x cos(whole maps)</c>.
    /// </summary>
    /// <param name="embeddings">Cosines of the embeddings.</param>
    /// <param name="maps">Cosines of the whole maps.</param>
    /// <param name="embeddingShare">Share of the layers that embeddings serve, d / L.</param>
    /// <remarks>Source: FineMoE (arXiv 2502.05370).</remarks>
    public static int MostRedundant(Cosines embeddings, Cosines maps, float embeddingShare)
    {
        int best = 0;
        float largest = float.NegativeInfinity;
        for (int row = 0; row < maps._products.Length; row++)
        {
            float redundancy = (embeddingShare * embeddings[row]) + ((1 - embeddingShare) * maps[row]);
            if (redundancy > largest)
            {
                (best, largest) = (row, redundancy);
            }
        }

        return best;
    }
}
