using MoeGen.Kernels;

namespace MoeGen.Engine;

/// <summary>
/// What a cache of keys and values holds, and how many bytes that takes. A layer whose tokens see a window keeps a ring: the window, and
/// what is written before the first token of a chunk has looked back. Immutable.
/// </summary>
/// <param name="NumLayers">Layers.</param>
/// <param name="NumHeads">Key/value heads of a layer.</param>
/// <param name="KeyDim">Elements of a key.</param>
/// <param name="ValueDim">Elements of a value; 0: values are part of the keys.</param>
/// <param name="Capacity">Positions of the text.</param>
internal sealed record KvCacheLayout(int NumLayers, int NumHeads, int KeyDim, int ValueDim, int Capacity)
{
    // a block of positions that attention reads at once must not lie over the end of a ring
    private const int RingGranularity = BlockAttention.MaxPositions;

    /// <summary>How keys and values are held.</summary>
    public KeyValueFormat Format { get; init; }

    /// <summary>Positions that a token sees in a layer with a window, its own included.</summary>
    public int Window { get; init; } = Capacity;

    /// <summary>Positions that a layer with a window keeps.</summary>
    public int RingLength { get; init; } = Capacity;

    /// <summary>0-based layers with a window.</summary>
    public IReadOnlyList<int> RingLayers { get; init; } = [];

    /// <summary>The cache of a model's text.</summary>
    /// <param name="info">The model.</param>
    /// <param name="format">How keys and values are held.</param>
    /// <param name="capacity">Positions of the text.</param>
    /// <param name="chunk">Most tokens of a pass.</param>
    public static KvCacheLayout For(ModelInfo info, KeyValueFormat format, int capacity, int chunk)
    {
        int numLayers = info.NumLayers - info.NumEncoderLayers;
        KvCacheLayout layout = new(numLayers, info.NumKeyValueHeads, info.KeyDim, info.ValueDim, capacity) { Format = format };
        return info.AttentionWindow is { } window ? layout.WithRings(info.WindowLayers, window, chunk) : layout;
    }

    /// <summary>The same with layers that keep only what their tokens see; where that is the whole text, they keep all.</summary>
    /// <param name="layers">0-based layers.</param>
    /// <param name="window">Positions that a token sees, its own included.</param>
    /// <param name="chunk">Most tokens of a pass.</param>
    public KvCacheLayout WithRings(IReadOnlyList<int> layers, int window, int chunk)
    {
        // all tokens of a chunk are written before the first of them looks back
        long length = ((long)window + chunk - 1 + RingGranularity - 1) / RingGranularity * RingGranularity;
        return length < Capacity ? this with { Window = window, RingLength = (int)length, RingLayers = layers } : this;
    }

    /// <summary>Bytes of all layers.</summary>
    public long SizeInBytes
    {
        get
        {
            long positions = ((long)(NumLayers - RingLayers.Count) * Capacity) + ((long)RingLayers.Count * RingLength);
            return positions * NumHeads * (RowBytes(KeyDim) + RowBytes(ValueDim));
        }
    }

    /// <summary>Whether every ring holds what the token at the end of a text looks back to.</summary>
    /// <param name="length">Tokens before it.</param>
    /// <param name="numWritten">Positions that have been written, also behind that end.</param>
    public bool HoldsWindow(int length, int numWritten) =>
        RingLayers.Count == 0 || Math.Max(0, length + 1 - Window) >= numWritten - RingLength;

    /// <summary>Bytes of a row of so many elements.</summary>
    public int RowBytes(int dim) => Format switch
    {
        KeyValueFormat.F16 => KeyValueF16.RowBytes(dim),
        KeyValueFormat.Q8 => KeyValueQ8.RowBytes(dim),
        _ => KeyValueF32.RowBytes(dim),
    };

    /// <summary>Positions that each layer keeps, [layers].</summary>
    public int[] LayerLengths()
    {
        int[] lengths = new int[NumLayers];
        Array.Fill(lengths, Capacity);
        foreach (int layer in RingLayers)
        {
            lengths[layer] = RingLength;
        }

        return lengths;
    }
}
