namespace MoeGen.Experts.Prefetch.ExpertMaps;

/// <summary>
/// The expert maps of past passes: for each of them the embedding of its token and the router distributions of all layers. Full, it
/// replaces maps; it never grows beyond its capacity.
/// </summary>
/// <remarks>
/// Embeddings have unit length; both are held in bfloat16, with exact lengths of the rounded rows beside them. A layer that a pass did not
/// walk is a row of zeros. One thread at a time. Source: FineMoE (arXiv 2502.05370).
/// </remarks>
public sealed partial class ExpertMapStore : IDisposable
{
    private readonly Bf16Rows _embeddings; // [1, capacity, hidden]
    private readonly Bf16Rows _maps; // [layers, capacity, experts]
    private readonly float[] _embeddingScales; // [capacity] 1 / length, 0 of a zero vector
    private readonly float[] _prefixScales; // [layers, capacity] 1 / length of the rows up to the layer, 0 where all are zero
    private readonly float[] _row; // [max(hidden, experts)]

    /// <summary>Creates an empty store.</summary>
    /// <param name="setup">The model.</param>
    /// <param name="capacity">Most maps.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> is below 1.</exception>
    internal ExpertMapStore(PrefetchSetup setup, int capacity)
    {
        ArgumentNullException.ThrowIfNull(setup);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        Setup = setup;
        Capacity = capacity;
        (int layers, int experts) = (setup.Grid.NumLayers, setup.Grid.NumExperts);
        _embeddings = new Bf16Rows(1, capacity, setup.HiddenSize);
        _maps = new Bf16Rows(layers, capacity, experts);
        _embeddingScales = new float[capacity];
        _prefixScales = new float[(long)layers * capacity];
        Sketches = new EmbeddingSketches(capacity);
        _row = new float[Math.Max(setup.HiddenSize, experts)];
    }

    /// <summary>The model whose maps these are.</summary>
    public PrefetchSetup Setup { get; }

    /// <summary>Most maps.</summary>
    public int Capacity { get; }

    /// <summary>Maps.</summary>
    public int Count { get; private set; }

    /// <summary>Changes whenever a map is added or replaced.</summary>
    public long Version { get; private set; }

    /// <summary>Bytes reserved, whether filled or not.</summary>
    public long SizeInBytes => SizeInBytesOf(Setup, Capacity);

    /// <inheritdoc/>
    public void Dispose()
    {
        _embeddings.Dispose();
        _maps.Dispose();
    }

    internal static long SizeInBytesOf(PrefetchSetup setup, int capacity) =>
        Bf16Rows.SizeInBytesOf(1, capacity, setup.HiddenSize)
        + Bf16Rows.SizeInBytesOf(setup.Grid.NumLayers, capacity, setup.Grid.NumExperts)
        + EmbeddingSketches.SizeInBytesOf(capacity)
        + ((1L + setup.Grid.NumLayers) * capacity * sizeof(float));

    /// <summary>Writes a map.</summary>
    /// <param name="row">The one to replace, or <see cref="Count"/> to add one.</param>
    /// <param name="embedding">Of any length, [hidden] f32.</param>
    /// <param name="map">Router distributions, [layers, experts] f32; zeros for a layer that was not walked.</param>
    internal void Put(int row, ReadOnlySpan<float> embedding, ReadOnlySpan<float> map)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Capacity);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(row, Count);
        Span<float> unit = _row.AsSpan(0, Setup.HiddenSize);
        float scale = VectorLength.InverseOf(embedding);
        for (int i = 0; i < unit.Length; i++)
        {
            unit[i] = embedding[i] * scale;
        }

        _embeddings.Write(0, row, unit);
        int experts = Setup.Grid.NumExperts;
        for (int layer = 0; layer < Setup.Grid.NumLayers; layer++)
        {
            _maps.Write(layer, row, map.Slice(layer * experts, experts));
        }

        Complete(row);
    }

    /// <summary>Reads the distribution of a layer.</summary>
    /// <param name="row">The map.</param>
    /// <param name="layer">0-based sparse layer.</param>
    /// <param name="probabilities">Takes [experts] f32.</param>
    /// <returns>Whether the pass walked the layer; no: all are zero.</returns>
    internal bool Read(int row, int layer, Span<float> probabilities)
    {
        _maps.Read(layer, row, probabilities);
        return probabilities.ContainsAnyExcept(0f);
    }

    /// <summary>Multiplies embeddings with another one.</summary>
    /// <param name="rows">The maps, ascending and each once.</param>
    /// <param name="query">Zeros behind the hidden size, [<see cref="EmbeddingStride"/>] f32.</param>
    /// <param name="products">Takes one for each of the maps.</param>
    internal void MultiplyEmbeddings(ReadOnlySpan<int> rows, ReadOnlySpan<float> query, Span<float> products) =>
        Multiply(_embeddings, 0, rows, query, products, adds: false);

    /// <summary>Adds the products of a layer's distributions with another one.</summary>
    /// <param name="layer">0-based sparse layer.</param>
    /// <param name="rows">The maps, ascending and each once.</param>
    /// <param name="query">Zeros behind the experts, [<see cref="MapStride"/>] f32.</param>
    /// <param name="products">One for each of the maps, f32.</param>
    internal void AddProducts(int layer, ReadOnlySpan<int> rows, ReadOnlySpan<float> query, Span<float> products) =>
        Multiply(_maps, layer, rows, query, products, adds: true);

    /// <summary>What of the embeddings a search of many maps reads first.</summary>
    internal EmbeddingSketches Sketches { get; }

    /// <summary>1 / length of each embedding, 0 of a zero vector, [count]; nearly 1, for they are rounded.</summary>
    internal ReadOnlySpan<float> EmbeddingScales => _embeddingScales.AsSpan(0, Count);

    /// <summary>1 / length of each map's rows up to a layer, 0 where all are zero, [count].</summary>
    /// <param name="layer">0-based sparse layer, the last one that counts.</param>
    internal ReadOnlySpan<float> PrefixScales(int layer) => _prefixScales.AsSpan(layer * Capacity, Count);

    internal int EmbeddingStride => _embeddings.Stride;

    internal int MapStride => _maps.Stride;

    // all maps lie in one piece, which is faster to walk than a list
    private void Multiply(
        Bf16Rows group, int index, ReadOnlySpan<int> rows, ReadOnlySpan<float> query, Span<float> products, bool adds)
    {
        if (rows.Length == Count)
        {
            group.Multiply(index, query, products, adds);
        }
        else
        {
            group.Multiply(index, rows, query, products, adds);
        }
    }

    // the lengths are those of the rounded numbers, so that a vector's cosine with itself is 1
    private void Complete(int row)
    {
        Span<float> values = _row.AsSpan(0, Setup.HiddenSize);
        _embeddings.Read(0, row, values);
        _embeddingScales[row] = VectorLength.InverseOf(values);
        Sketches.Put(row, values);
        double sum = 0;
        values = _row.AsSpan(0, Setup.Grid.NumExperts);
        for (int layer = 0; layer < Setup.Grid.NumLayers; layer++)
        {
            _maps.Read(layer, row, values);
            sum += VectorLength.SquareOf(values);
            _prefixScales[(layer * Capacity) + row] = VectorLength.Inverse(sum);
        }

        Count = Math.Max(Count, row + 1);
        Version++;
    }
}
