namespace MoeGen.Experts.Prefetch.ExpertMaps;

/// <summary>
/// Finds the stored map whose first layers are most like those that a pass has routed so far. Products and lengths are kept running, so a
/// layer costs capacity x experts products however many came before it.
/// </summary>
/// <remarks>
/// Layers that were not routed count as zeros. Allocates nothing. Source: FineMoE (arXiv 2502.05370), equation 5; the running
/// sums are those of its second code.
/// </remarks>
internal sealed class TrajectorySearch
{
    private readonly ExpertMapStore _store;
    private readonly float[] _query; // [layers, map stride] what has been routed, zeros elsewhere
    private readonly float[] _products; // [capacity] of the query with each map
    private double _sumOfSquares; // of the query
    private int _lastLayer; // routed last; -1: none
    private long _version; // of the store that the products belong to

    public TrajectorySearch(ExpertMapStore store)
    {
        _store = store;
        _query = new float[store.Setup.Grid.NumLayers * store.MapStride];
        _products = new float[store.Capacity];
        Reset();
    }

    public static long SizeInBytesOf(PrefetchSetup setup, int capacity) =>
        (capacity + ((long)setup.Grid.NumLayers * Bf16Rows.StrideOf(setup.Grid.NumExperts))) * sizeof(float);

    /// <summary>Begins a pass.</summary>
    public void Reset()
    {
        Array.Clear(_query);
        _sumOfSquares = 0;
        _lastLayer = -1;
        Rebuild();
    }

    /// <summary>Adds a layer that has been routed.</summary>
    /// <param name="layer">0-based sparse layer, behind those added before.</param>
    /// <param name="probabilities">[experts] f32.</param>
    public void Add(int layer, ReadOnlySpan<float> probabilities)
    {
        Refresh();
        probabilities.CopyTo(Query(layer));
        _sumOfSquares += VectorLength.SquareOf(probabilities);
        _lastLayer = layer;
        _store.AddProducts(layer, Query(layer), Products);
    }

    /// <summary>Finds the map that is most like the layers added so far.</summary>
    /// <returns>The best match; among equals the first.</returns>
    public MapMatch Find() => _lastLayer < 0 ? MapMatch.None : CosinesUpTo(_lastLayer).Best();

    /// <summary>Cosines of the first layers of all maps with those added so far.</summary>
    /// <param name="layer">The last layer that counts, 0-based, not before the one added last.</param>
    public Cosines CosinesUpTo(int layer)
    {
        Refresh();
        return new Cosines(Products, _store.PrefixScales(layer), VectorLength.Inverse(_sumOfSquares));
    }

    private Span<float> Products => _products.AsSpan(0, _store.Count);

    private Span<float> Query(int layer) => _query.AsSpan(layer * _store.MapStride, _store.MapStride);

    private void Refresh()
    {
        if (_version != _store.Version)
        {
            Rebuild();
        }
    }

    private void Rebuild()
    {
        Products.Clear();
        for (int layer = 0; layer <= _lastLayer; layer++)
        {
            _store.AddProducts(layer, Query(layer), Products);
        }

        _version = _store.Version;
    }
}
