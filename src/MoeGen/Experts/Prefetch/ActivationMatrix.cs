namespace MoeGen.Experts.Prefetch;

/// <summary>
/// How often the running request has activated every expert, and how like that is to each trace of a collection: the mean over the layers
/// seen so far of the cosines of their rows. Comparing a layer anew costs traces x experts products.
/// </summary>
/// <remarks>Allocates nothing; for one thread. Source: MoE-Infinity (arXiv 2401.14361).</remarks>
internal sealed class ActivationMatrix
{
    private readonly ExpertGrid _grid;
    private readonly ActivationCollection _collection;
    private readonly float[] _counts; // [layers, experts]
    private readonly float[] _rows; // [layers, stride] the counts, of unit length, zeros where nothing was counted
    private readonly float[] _cosines; // [layers, capacity]
    private readonly float[] _sums; // [capacity] of the cosines over the layers
    private readonly float[] _changed; // [capacity]
    private readonly int _capacity;

    public ActivationMatrix(ExpertGrid grid, ActivationCollection collection, int capacity)
    {
        _grid = grid;
        _collection = collection;
        _capacity = capacity;
        _counts = new float[grid.Count];
        _rows = new float[grid.NumLayers * collection.Stride];
        _cosines = new float[(long)grid.NumLayers * capacity];
        _sums = new float[capacity];
        _changed = new float[capacity];
    }

    /// <summary>Whether nothing has been counted.</summary>
    public bool IsEmpty { get; private set; } = true;

    public static long SizeInBytesOf(ExpertGrid grid, int capacity) =>
        ((grid.NumLayers * ((long)grid.NumExperts + Bf16Rows.StrideOf(grid.NumExperts) + capacity)) + (2L * capacity)) * sizeof(float);

    /// <summary>Gives the request's trace to the collection and begins the next one.</summary>
    public void EndRequest()
    {
        if (!IsEmpty)
        {
            _collection.Add(_rows);
        }

        Array.Clear(_counts);
        Array.Clear(_rows);
        Array.Clear(_cosines);
        Array.Clear(_sums);
        IsEmpty = true;
    }

    /// <summary>Counts the choices of a layer.</summary>
    /// <param name="layer">0-based sparse layer.</param>
    /// <param name="chosen">Experts of all tokens, -1 for a dropped choice.</param>
    public void Count(int layer, ReadOnlySpan<int> chosen)
    {
        Span<float> counts = _counts.AsSpan(_grid.KeyOf(layer, 0), _grid.NumExperts);
        foreach (int expert in chosen)
        {
            if (expert != Routing.Dropped)
            {
                counts[expert]++;
                IsEmpty = false;
            }
        }

        Span<float> row = _rows.AsSpan(layer * _collection.Stride, _collection.Stride);
        float scale = VectorLength.InverseOf(counts);
        for (int expert = 0; expert < counts.Length; expert++)
        {
            row[expert] = counts[expert] * scale;
        }

        Span<float> changed = _changed.AsSpan(0, _collection.Count), cosines = _cosines.AsSpan(layer * _capacity, changed.Length);
        _collection.Compare(layer, row, changed);
        for (int trace = 0; trace < changed.Length; trace++)
        {
            _sums[trace] += changed[trace] - cosines[trace];
        }

        changed.CopyTo(cosines);
    }

    /// <summary>The trace that is most like the request so far, among equals the first; -1: there is none.</summary>
    public int FindNearest()
    {
        if (IsEmpty)
        {
            return -1;
        }

        // the number of layers seen is the same for all, so sums have the order of means
        int nearest = -1;
        for (int trace = 0; trace < _collection.Count; trace++)
        {
            nearest = nearest < 0 || _sums[trace] > _sums[nearest] ? trace : nearest;
        }

        return nearest;
    }
}
