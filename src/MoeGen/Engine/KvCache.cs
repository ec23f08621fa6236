using MoeGen.Kernels;
using MoeGen.Memory;

namespace MoeGen.Engine;

/// <summary>
/// Keys and values of one sequence: for every layer and key/value head a row per position, or per position of a window where a layer's
/// tokens see no more. Memory for the whole capacity is reserved at once and given by the operating system as positions are written.
/// </summary>
public sealed unsafe class KvCache : IDisposable
{
    private readonly NativeBuffer _buffer; // by layer: [heads, length] rows of keys, then [heads, length] rows of values
    private readonly int[] _lengths; // [layers] rows of a head
    private readonly long[] _offsets; // [layers] first byte
    private readonly int _keyBytes;
    private readonly int _valueBytes;

    /// <summary>Reserves the memory.</summary>
    /// <param name="layout">What it holds.</param>
    internal KvCache(KvCacheLayout layout)
    {
        Layout = layout;
        _lengths = layout.LayerLengths();
        _keyBytes = layout.RowBytes(layout.KeyDim);
        _valueBytes = layout.RowBytes(layout.ValueDim);
        _offsets = new long[layout.NumLayers];
        for (int layer = 1; layer < layout.NumLayers; layer++)
        {
            _offsets[layer] = _offsets[layer - 1] + ((long)layout.NumHeads * _lengths[layer - 1] * (_keyBytes + _valueBytes));
        }

        _buffer = new NativeBuffer(layout.SizeInBytes);
    }

    /// <summary>Positions that fit.</summary>
    public int Capacity => Layout.Capacity;

    /// <summary>How keys and values are held.</summary>
    public KeyValueFormat Format => Layout.Format;

    /// <summary>What it holds.</summary>
    internal KvCacheLayout Layout { get; }

    /// <summary>Writes the keys and values of some tokens. Workers share the pairs of token and head.</summary>
    /// <param name="layer">0-based layer.</param>
    /// <param name="keys">Rotated keys, [numTokens, numHeads * keyDim] f32.</param>
    /// <param name="values">Values, [numTokens, numHeads * valueDim] f32.</param>
    /// <param name="firstPosition">Position of the first token; the others follow.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    /// <exception cref="KeyValueOverflowException">The format cannot hold a key or value.</exception>
    public void Append(int layer, Activations keys, Activations values, int firstPosition, int numTokens, Worker worker)
    {
        Share heads = worker.Share(numTokens * Layout.NumHeads);
        for (int i = heads.Start; i < heads.End; i++)
        {
            int token = i / Layout.NumHeads, head = i % Layout.NumHeads;
            Store(keys, token, head, Layout.KeyDim, Keys(layer, head), layer, firstPosition + token);
            Store(values, token, head, Layout.ValueDim, Values(layer, head), layer, firstPosition + token);
        }
    }

    /// <summary>Writes the keys of some tokens where values are part of them. Workers share the pairs of token and head.</summary>
    /// <inheritdoc cref="Append(int, Activations, Activations, int, int, Worker)"/>
    public void Append(int layer, Activations keys, int firstPosition, int numTokens, Worker worker)
    {
        Share heads = worker.Share(numTokens * Layout.NumHeads);
        for (int i = heads.Start; i < heads.End; i++)
        {
            int token = i / Layout.NumHeads, head = i % Layout.NumHeads;
            Store(keys, token, head, Layout.KeyDim, Keys(layer, head), layer, firstPosition + token);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        DeviceMemory?.Dispose();
        _buffer.Dispose();
    }

    /// <summary>The same on the device that computes; the memory here then stays unwritten, and costs nothing. Null: the processor computes.</summary>
    internal IDisposable? DeviceMemory { get; set; }

    /// <summary>Rows of a head: position p stands in row <c>p % Length</c>.</summary>
    internal int Length(int layer) => _lengths[layer];

    /// <summary>Keys of one head, [Length] rows.</summary>
    internal byte* Keys(int layer, int head) => _buffer.Pointer + _offsets[layer] + ((long)head * _lengths[layer] * _keyBytes);

    /// <summary>Values of one head, [Length] rows.</summary>
    internal byte* Values(int layer, int head) =>
        _buffer.Pointer + _offsets[layer] + ((long)_lengths[layer] * ((Layout.NumHeads * _keyBytes) + (head * _valueBytes)));

    private void Store(Activations rows, int token, int head, int dim, byte* destination, int layer, int position)
    {
        float* source = rows.Row(token) + ((nint)head * dim);
        nint place = position % _lengths[layer];
        switch (Format)
        {
            case KeyValueFormat.F16:
                Store<KeyValueF16>(source, destination + (place * KeyValueF16.RowBytes(dim)), dim, layer, position);
                break;
            case KeyValueFormat.Q8:
                Store<KeyValueQ8>(source, destination + (place * KeyValueQ8.RowBytes(dim)), dim, layer, position);
                break;
            default:
                Store<KeyValueF32>(source, destination + (place * KeyValueF32.RowBytes(dim)), dim, layer, position);
                break;
        }
    }

    private static void Store<TFormat>(float* source, byte* row, int dim, int layer, int position)
        where TFormat : struct, IKeyValueFormat
    {
        if (!TFormat.TryStore(source, row, dim))
        {
            throw Overflow<TFormat>(new ReadOnlySpan<float>(source, dim), layer, position);
        }
    }

    private static KeyValueOverflowException Overflow<TFormat>(ReadOnlySpan<float> row, int layer, int position)
        where TFormat : struct, IKeyValueFormat
    {
        int i = 0;
        while (Math.Abs(row[i]) <= TFormat.Largest)
        {
            i++;
        }

        return new KeyValueOverflowException(TFormat.Format, TFormat.Largest, layer, position, row[i]);
    }
}
