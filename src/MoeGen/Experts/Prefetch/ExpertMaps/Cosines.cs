namespace MoeGen.Experts.Prefetch.ExpertMaps;

/// <summary>Cosines of stored maps with a query, made of products and lengths when they are asked for.</summary>
/// <param name="rows">The maps in question, ascending, [count].</param>
/// <param name="products">Products of the query with each of them, [count] f32.</param>
/// <param name="scales">1 / length of every map of the store, 0 of a zero vector, f32.</param>
/// <param name="scale">1 / length of the query; 0: it is zero, and like nothing.</param>
internal readonly ref struct Cosines(ReadOnlySpan<int> rows, ReadOnlySpan<float> products, ReadOnlySpan<float> scales, float scale)
{
    private readonly ReadOnlySpan<int> _rows = rows;
    private readonly ReadOnlySpan<float> _products = products[..rows.Length];
    private readonly ReadOnlySpan<float> _scales = scales;
    private readonly float _scale = scale;

    /// <summary>Maps in question.</summary>
    public int Count => _rows.Length;

    /// <summary>The cosine with one of the maps, 0 where either is zero.</summary>
    /// <param name="index">0-based among those in question.</param>
    public float this[int index] => _products[index] * _scales[_rows[index]] * _scale;

    /// <summary>The row of one of the maps in the store.</summary>
    /// <param name="index">0-based among those in question.</param>
    public int RowOf(int index) => _rows[index];

    /// <summary>The map with the largest cosine; among equals the first.</summary>
    public MapMatch Best()
    {
        if (_scale == 0)
        {
            return MapMatch.None;
        }

        int best = -1;
        float largest = float.NegativeInfinity;
        for (int i = 0; i < _rows.Length; i++)
        {
            float candidate = _products[i] * _scales[_rows[i]];
            if (candidate > largest)
            {
                (best, largest) = (i, candidate);
            }
        }

        return best < 0 ? MapMatch.None : new MapMatch(_rows[best], largest * _scale);
    }
}
