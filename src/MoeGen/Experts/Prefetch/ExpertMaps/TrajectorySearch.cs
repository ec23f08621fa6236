namespace MoeGen.Experts.Prefetch.ExpertMaps;

/// <summary>
/// Finds the stored map whose first layers are most like those that a pass has routed so far. Products and lengths are kept running, so a
/// layer costs maps x experts products however many came before it; where there are many maps, each layer leaves the best quarter of
/// them in the race until <see cref="LikelyMaps"/> are left.
/// </summary>
/// <remarks>
/// Layers that were not routed count as zeros. Allocates nothing. Source: FineMoE (arXiv 2502.05370), equation 5; the running
/// sums are those of its second code.
/// </remarks>
internal sealed class TrajectorySearch
{
    /// <summary>Maps that stay in the race to the last layer.</summary>
    public const int LikelyMaps = 512;

    private const int KeptShare = 4; // one in so many

    private readonly ExpertMapStore _store;
    private readonly int _exactLimit;
    private readonly float[] _query; // [layers, map stride] what has been routed, zeros elsewhere
    private readonly int[] _rows; // [capacity] the maps in the race, ascending
    private readonly float[] _products; // [capacity] of the query with each of them
    private readonly ushort[] _grades; // [capacity] and how like they are; empty where all maps stay
    private readonly int[] _picked; // [most that stay]
    private readonly Shortlist _shortlist = new();
    private int _count; // maps in the race
    private double _sumOfSquares; // of the query
    private int _lastLayer; // routed last; -1: none
    private long _version; // of the store that the products belong to

    /// <summary>Creates the buffers.</summary>
    /// <param name="store">The maps.</param>
    /// <param name="exactLimit">Most maps of which all stay in the race.</param>
    public TrajectorySearch(ExpertMapStore store, int exactLimit)
    {
        _store = store;
        _exactLimit = exactLimit;
        _query = new float[store.Setup.Grid.NumLayers * store.MapStride];
        _rows = new int[store.Capacity];
        _products = new float[store.Capacity];
        bool narrows = store.Capacity > exactLimit;
        _grades = new ushort[narrows ? store.Capacity : 0];
        _picked = new int[narrows ? Math.Max(store.Capacity / KeptShare, LikelyMaps) : 0];
        Reset();
    }

    public static long SizeInBytesOf(PrefetchSetup setup, int capacity, int exactLimit) =>
        ((long)setup.Grid.NumLayers * Bf16Rows.StrideOf(setup.Grid.NumExperts) * sizeof(float))
        + (capacity * (sizeof(int) + (long)sizeof(float)))
        + (capacity > exactLimit ? (capacity * (long)sizeof(ushort)) + (Math.Max(capacity / KeptShare, LikelyMaps) * (long)sizeof(int)) : 0);

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
    /// <param name="probabilities">[experts] f32; zeros: it was not walked.</param>
    public void Add(int layer, ReadOnlySpan<float> probabilities)
    {
        Refresh();
        probabilities.CopyTo(Query(layer));
        Compare(layer);
    }

    /// <summary>Finds the map that is most like the layers added so far.</summary>
    /// <returns>The best match; among equals the first.</returns>
    public MapMatch Find() => _lastLayer < 0 ? MapMatch.None : CosinesUpTo(_lastLayer).Best();

    /// <summary>Cosines of the first layers of the maps in the race with those added so far.</summary>
    /// <param name="layer">The last layer that counts, 0-based, not before the one added last.</param>
    public Cosines CosinesUpTo(int layer)
    {
        Refresh();
        return new Cosines(Rows, Products, _store.PrefixScales(layer), VectorLength.Inverse(_sumOfSquares));
    }

    private Span<int> Rows => _rows.AsSpan(0, _count);

    private Span<float> Products => _products.AsSpan(0, _count);

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
        int lastLayer = _lastLayer;
        (_count, _lastLayer, _sumOfSquares, _version) = (_store.Count, -1, 0, _store.Version);
        for (int row = 0; row < _count; row++)
        {
            _rows[row] = row;
        }

        Products.Clear();
        for (int layer = 0; layer <= lastLayer; layer++)
        {
            Compare(layer);
        }
    }

    private void Compare(int layer)
    {
        _lastLayer = layer;
        double square = VectorLength.SquareOf(Query(layer));
        if (square == 0)
        {
            return;
        }

        _sumOfSquares += square;
        _store.AddProducts(layer, Rows, Query(layer), Products);
        if (_store.Count > _exactLimit && _count > LikelyMaps)
        {
            Narrow(Math.Max(_count / KeptShare, LikelyMaps));
        }
    }

    // distributions are not negative, and neither are their cosines
    private void Narrow(int numKept)
    {
        Cosines cosines = CosinesUpTo(_lastLayer);
        for (int i = 0; i < _count; i++)
        {
            _grades[i] = (ushort)Math.Clamp(cosines[i] * Shortlist.NumGrades, 0, Shortlist.NumGrades - 1);
        }

        int kept = _shortlist.Pick(_grades.AsSpan(0, _count), _picked.AsSpan(0, numKept));
        for (int i = 0; i < kept; i++)
        {
            (_rows[i], _products[i]) = (_rows[_picked[i]], _products[_picked[i]]);
        }

        _count = kept;
    }
}
