namespace MoeGen.Experts.Prefetch.ExpertMaps;

/// <summary>
/// Finds the stored map whose embedding is most like a token's, which says what to expect of the first layers before any has been routed.
/// </summary>
/// <remarks>Costs capacity x hidden products; allocates nothing. Source: FineMoE (arXiv 2502.05370), equation 4.</remarks>
internal sealed class SemanticSearch
{
    private readonly ExpertMapStore _store;
    private readonly float[] _query; // [embedding stride]
    private readonly float[] _products; // [capacity] of the query with each embedding
    private float _scale; // 1 / length of the query
    private long _version = -1; // of the store that the products belong to

    public SemanticSearch(ExpertMapStore store)
    {
        _store = store;
        _query = new float[store.EmbeddingStride];
        _products = new float[store.Capacity];
    }

    /// <summary>Cosines of all embeddings with the last one that was looked for; of the store as it was then.</summary>
    public Cosines Cosines => new(Products, _store.EmbeddingScales, _scale);

    /// <summary>Whether the store still is what the last search saw.</summary>
    public bool IsCurrent => _version == _store.Version;

    public static long SizeInBytesOf(PrefetchSetup setup, int capacity) =>
        (capacity + (long)Bf16Rows.StrideOf(setup.HiddenSize)) * sizeof(float);

    /// <summary>Searches.</summary>
    /// <param name="embedding">Of any length, [hidden] f32.</param>
    /// <returns>The best match; among equals the first.</returns>
    public MapMatch Find(ReadOnlySpan<float> embedding)
    {
        embedding.CopyTo(_query);
        _scale = VectorLength.InverseOf(embedding);
        _store.MultiplyEmbeddings(_query, Products);
        _version = _store.Version;
        return Cosines.Best();
    }

    private Span<float> Products => _products.AsSpan(0, _store.Count);
}
