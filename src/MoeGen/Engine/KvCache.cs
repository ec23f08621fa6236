using MoeGen.Kernels;
using MoeGen.Memory;

namespace MoeGen.Engine;

/// <summary>
/// Keys and values of one sequence: for every layer and key/value head a row per position, in float32. Memory for the whole capacity
/// is reserved at once and given by the operating system as positions are written.
/// </summary>
public sealed unsafe class KvCache : IDisposable
{
    private readonly NativeBuffer _buffer; // [layers, [heads, capacity, keyDim] then [heads, capacity, valueDim]]

    /// <summary>Reserves the memory.</summary>
    /// <param name="numLayers">Layers.</param>
    /// <param name="numHeads">Key/value heads of a layer.</param>
    /// <param name="keyDim">Elements of a key.</param>
    /// <param name="valueDim">Elements of a value; 0: values are part of the keys.</param>
    /// <param name="capacity">Positions.</param>
    internal KvCache(int numLayers, int numHeads, int keyDim, int valueDim, int capacity)
    {
        NumHeads = numHeads;
        KeyDim = keyDim;
        ValueDim = valueDim;
        Capacity = capacity;
        _buffer = new NativeBuffer(SizeInBytes(numLayers, numHeads, keyDim, valueDim, capacity));
    }

    /// <summary>Positions that fit.</summary>
    public int Capacity { get; }

    internal int NumHeads { get; }

    internal int KeyDim { get; }

    internal int ValueDim { get; }

    /// <summary>Writes the keys and values of some tokens. Workers share the pairs of token and head.</summary>
    /// <param name="layer">0-based layer.</param>
    /// <param name="keys">Rotated keys, [numTokens, numHeads * keyDim] f32.</param>
    /// <param name="values">Values, [numTokens, numHeads * valueDim] f32.</param>
    /// <param name="firstPosition">Position of the first token; the others follow.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    public void Append(int layer, Activations keys, Activations values, int firstPosition, int numTokens, Worker worker)
    {
        Share heads = worker.Share(numTokens * NumHeads);
        for (int i = heads.Start; i < heads.End; i++)
        {
            int token = i / NumHeads, head = i % NumHeads;
            Copy(keys, token, head, Keys(layer, head), KeyDim, firstPosition);
            Copy(values, token, head, Values(layer, head), ValueDim, firstPosition);
        }
    }

    /// <summary>Writes the keys of some tokens where values are part of them. Workers share the pairs of token and head.</summary>
    /// <inheritdoc cref="Append(int, Activations, Activations, int, int, Worker)"/>
    public void Append(int layer, Activations keys, int firstPosition, int numTokens, Worker worker)
    {
        Share heads = worker.Share(numTokens * NumHeads);
        for (int i = heads.Start; i < heads.End; i++)
        {
            int token = i / NumHeads, head = i % NumHeads;
            Copy(keys, token, head, Keys(layer, head), KeyDim, firstPosition);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _buffer.Dispose();

    internal static long SizeInBytes(int numLayers, int numHeads, int keyDim, int valueDim, int capacity) =>
        (long)numLayers * numHeads * capacity * (keyDim + valueDim) * sizeof(float);

    /// <summary>Keys of one head, [capacity, keyDim].</summary>
    internal float* Keys(int layer, int head) => Layer(layer) + ((nint)head * Capacity * KeyDim);

    /// <summary>Values of one head, [capacity, valueDim].</summary>
    internal float* Values(int layer, int head) =>
        Layer(layer) + ((nint)NumHeads * Capacity * KeyDim) + ((nint)head * Capacity * ValueDim);

    private float* Layer(int layer) => (float*)_buffer.Pointer + ((nint)layer * NumHeads * Capacity * (KeyDim + ValueDim));

    private static void Copy(Activations rows, int token, int head, float* destination, int dim, int firstPosition)
    {
        Span<float> row = new(rows.Row(token) + ((nint)head * dim), dim);
        row.CopyTo(new Span<float>(destination + ((nint)(firstPosition + token) * dim), dim));
    }
}
