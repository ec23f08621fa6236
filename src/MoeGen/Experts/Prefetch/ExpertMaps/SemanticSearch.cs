namespace MoeGen.Experts.Prefetch.ExpertMaps;

/// <summary>
/// Finds the stored map whose embedding is most like a token's, which says what to expect of the first layers before any has been routed.
/// </summary>
/// <remarks>
/// Costs maps x hidden products; where there are many maps, that many comparisons of sketches and <see cref="LikelyMaps"/> x hidden
/// products. Allocates nothing. Source: FineMoE (arXiv 2502.05370), equation 4.
/// </remarks>
internal sealed class SemanticSearch
{
    /// <summary>Maps that are looked at closely where there are many: those with the most similar sketches.</summary>
    public const int LikelyMaps = 256;

    private readonly ExpertMapStore _store;
    private readonly int _exactLimit;
    private readonly float[] _query; // [embedding stride]
    private readonly int[] _rows; // [maps looked at] ascending
    private readonly float[] _products; // [maps looked at] of the query with each embedding
    private readonly Shortlist _shortlist = new();
    private readonly ushort[] _agreements; // [capacity] of the query's sketch with each, empty where all maps are looked at
    private float _scale; // 1 / length of the query

    /// <summary>Creates the buffers.</summary>
    /// <param name="store">The maps.</param>
    /// <param name="exactLimit">Most maps of which all are looked at.</param>
    public SemanticSearch(ExpertMapStore store, int exactLimit)
    {
        _store = store;
        _exactLimit = exactLimit;
        _query = new float[store.EmbeddingStride];
        _rows = new int[MostRows(store.Capacity, exactLimit)];
        _products = new float[_rows.Length];
        _agreements = new ushort[store.Capacity > exactLimit ? store.Capacity : 0];
    }

    public static long SizeInBytesOf(PrefetchSetup setup, int capacity, int exactLimit) =>
        (MostRows(capacity, exactLimit) * (sizeof(int) + (long)sizeof(float)))
        + ((long)Bf16Rows.StrideOf(setup.HiddenSize) * sizeof(float))
        + (capacity > exactLimit ? (long)capacity * sizeof(ushort) : 0);

    /// <summary>Searches.</summary>
    /// <param name="embedding">Of any length, [hidden] f32.</param>
    /// <returns>The best match; among equals the first.</returns>
    public MapMatch Find(ReadOnlySpan<float> embedding)
    {
        LookFor(embedding);
        Span<int> rows = Candidates(embedding);
        Span<float> products = _products.AsSpan(0, rows.Length);
        _store.MultiplyEmbeddings(rows, _query, products);
        return new Cosines(rows, products, _store.EmbeddingScales, _scale).Best();
    }

    /// <summary>Takes an embedding to compare with, without searching.</summary>
    /// <param name="embedding">Of any length, [hidden] f32.</param>
    public void LookFor(ReadOnlySpan<float> embedding)
    {
        embedding.CopyTo(_query);
        _scale = VectorLength.InverseOf(embedding);
    }

    /// <summary>The cosine of an embedding with the last one that was looked for.</summary>
    /// <param name="row">The map.</param>
    public float CosineWith(int row)
    {
        float product = 0;
        _store.MultiplyEmbeddings([row], _query, new Span<float>(ref product));
        return product * _store.EmbeddingScales[row] * _scale;
    }

    private static int MostRows(int capacity, int exactLimit) => Math.Min(capacity, Math.Max(exactLimit, LikelyMaps));

    private Span<int> Candidates(ReadOnlySpan<float> embedding)
    {
        if (_store.Count <= _exactLimit)
        {
            Span<int> all = _rows.AsSpan(0, _store.Count);
            for (int row = 0; row < all.Length; row++)
            {
                all[row] = row;
            }

            return all;
        }

        Span<ushort> agreements = _agreements.AsSpan(0, _store.Count);
        _store.Sketches.Compare(embedding, agreements);
        Span<int> likely = _rows.AsSpan(0, Math.Min(LikelyMaps, _rows.Length));
        return likely[.._shortlist.Pick(agreements, likely)];
    }
}
