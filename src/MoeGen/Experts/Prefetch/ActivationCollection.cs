namespace MoeGen.Experts.Prefetch;

/// <summary>
/// Which experts past requests have activated: for each of them how often every expert was chosen. Full, it replaces
/// the trace that was least often of use.
/// </summary>
/// <remarks>
/// Rows have unit length, in bfloat16. One thread at a time. Source: the expert activation matrix collection of MoE-Infinity (arXiv
/// 2401.14361).
/// </remarks>
internal sealed class ActivationCollection : IDisposable
{
    private readonly ExpertGrid _grid;
    private readonly Bf16Rows _traces; // [layers, capacity, experts] of unit length, zeros for a layer without choices
    private readonly long[] _accesses; // [capacity] how often a trace was the nearest
    private readonly long[] _ages; // [capacity] number of the request
    private readonly int _capacity;
    private long _numRequests;

    /// <summary>Creates an empty collection.</summary>
    /// <param name="grid">The experts.</param>
    /// <param name="capacity">Most traces.</param>
    public ActivationCollection(ExpertGrid grid, int capacity)
    {
        _grid = grid;
        _capacity = capacity;
        _traces = new Bf16Rows(grid.NumLayers, capacity, grid.NumExperts);
        _accesses = new long[capacity];
        _ages = new long[capacity];
    }

    /// <summary>Traces.</summary>
    public int Count { get; private set; }

    /// <summary>Numbers of a query.</summary>
    public int Stride => _traces.Stride;

    public static long SizeInBytesOf(ExpertGrid grid, int capacity) =>
        Bf16Rows.SizeInBytesOf(grid.NumLayers, capacity, grid.NumExperts) + (2L * capacity * sizeof(long));

    /// <summary>Adds the trace of a request; without room in the place of the least accessed one, among equals of the oldest.</summary>
    /// <param name="rows">Of unit length or zero, [layers, stride] f32.</param>
    public void Add(ReadOnlySpan<float> rows)
    {
        int trace = Count < _capacity ? Count++ : LeastAccessed();
        for (int layer = 0; layer < _grid.NumLayers; layer++)
        {
            _traces.Write(layer, trace, rows.Slice(layer * Stride, _grid.NumExperts));
        }

        _accesses[trace] = 0;
        _ages[trace] = _numRequests++;
    }

    /// <summary>Cosines of a layer of all traces with another row.</summary>
    /// <param name="layer">0-based sparse layer.</param>
    /// <param name="row">Of unit length, [stride] f32.</param>
    /// <param name="cosines">Takes [count] f32.</param>
    public void Compare(int layer, ReadOnlySpan<float> row, Span<float> cosines) => _traces.Multiply(layer, row, cosines, adds: false);

    /// <summary>A trace has been found nearest.</summary>
    /// <param name="trace">Its number.</param>
    public void OnAccessed(int trace) => _accesses[trace]++;

    /// <summary>Reads a layer of a trace.</summary>
    /// <param name="trace">The trace.</param>
    /// <param name="layer">0-based sparse layer.</param>
    /// <param name="row">Takes [experts] f32, of unit length or zero.</param>
    public void Read(int trace, int layer, Span<float> row) => _traces.Read(layer, trace, row);

    public void Dispose() => _traces.Dispose();

    private int LeastAccessed()
    {
        int least = 0;
        for (int trace = 1; trace < Count; trace++)
        {
            if ((_accesses[trace], _ages[trace]).CompareTo((_accesses[least], _ages[least])) < 0)
            {
                least = trace;
            }
        }

        return least;
    }
}
