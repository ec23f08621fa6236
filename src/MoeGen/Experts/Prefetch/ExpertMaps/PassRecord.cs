namespace MoeGen.Experts.Prefetch.ExpertMaps;

/// <summary>Embeddings and expert maps of the last tokens of the running pass. Allocates nothing; for one thread.</summary>
internal sealed class PassRecord
{
    private readonly ExpertGrid _grid;
    private readonly int _hiddenSize;
    private readonly int _maxRows;
    private readonly float[] _embeddings; // [maxRows, hidden]
    private readonly float[] _maps; // [maxRows, layers, experts], zeros for layers that have not been routed

    /// <summary>Creates the buffers.</summary>
    /// <param name="setup">The model.</param>
    /// <param name="maxRows">Most tokens that are kept.</param>
    public PassRecord(PrefetchSetup setup, int maxRows)
    {
        _grid = setup.Grid;
        _hiddenSize = setup.HiddenSize;
        _maxRows = maxRows;
        _embeddings = new float[maxRows * _hiddenSize];
        _maps = new float[maxRows * _grid.Count];
    }

    /// <summary>Tokens that are kept.</summary>
    public int NumRows { get; private set; }

    /// <summary>The first one of them, 0-based in the pass.</summary>
    public int FirstToken { get; private set; }

    public static long SizeInBytesOf(PrefetchSetup setup, int maxRows) =>
        (long)maxRows * (setup.HiddenSize + setup.Grid.Count) * sizeof(float);

    /// <summary>Begins a pass.</summary>
    /// <param name="start">The pass.</param>
    public void Begin(in PassStart start)
    {
        NumRows = Math.Min(start.NumTokens, _maxRows);
        FirstToken = start.NumTokens - NumRows;
        start.Embeddings.Slice(FirstToken * _hiddenSize, NumRows * _hiddenSize).CopyTo(_embeddings);
        Array.Clear(_maps, 0, NumRows * _grid.Count);
    }

    /// <summary>Takes the distributions of a layer.</summary>
    /// <param name="routed">The layer.</param>
    public void Add(in RoutedLayer routed)
    {
        for (int row = 0; row < NumRows; row++)
        {
            int token = FirstToken + row;
            routed.Probabilities.Slice(token * _grid.NumExperts, _grid.NumExperts)
                .CopyTo(_maps.AsSpan((row * _grid.Count) + _grid.KeyOf(routed.Layer, 0)));
        }
    }

    /// <summary>Embedding of a token, [hidden].</summary>
    public ReadOnlySpan<float> Embedding(int row) => _embeddings.AsSpan(row * _hiddenSize, _hiddenSize);

    /// <summary>Map of a token, [layers, experts].</summary>
    public ReadOnlySpan<float> Map(int row) => _maps.AsSpan(row * _grid.Count, _grid.Count);

    /// <summary>Distribution of a token in a layer, [experts].</summary>
    public ReadOnlySpan<float> Distribution(int row, int layer) => Map(row).Slice(_grid.KeyOf(layer, 0), _grid.NumExperts);
}
