using MoeGen.Kernels;
using MoeGen.Memory;

namespace MoeGen.Engine;

/// <summary>
/// Keys and values of one sequence: for every layer and key/value head a row per position, in float32. Memory for the whole capacity
/// is reserved at once and given by the operating system as positions are written.
/// </summary>
public sealed unsafe class KvCache : IDisposable
{
    private readonly NativeBuffer _buffer; // [layers, 2 (keys, values), heads, capacity, headDim]

    internal KvCache(int numLayers, int numHeads, int headDim, int capacity)
    {
        NumHeads = numHeads;
        HeadDim = headDim;
        Capacity = capacity;
        _buffer = new NativeBuffer(SizeInBytes(numLayers, numHeads, headDim, capacity));
    }

    /// <summary>Positions that fit.</summary>
    public int Capacity { get; }

    internal int NumHeads { get; }

    internal int HeadDim { get; }

    private nint HeadSize => (nint)Capacity * HeadDim;

    /// <summary>Writes the keys and values of some tokens. Workers share the pairs of token and head.</summary>
    /// <param name="layer">0-based layer.</param>
    /// <param name="keys">Rotated keys, [numTokens, numHeads * headDim] f32.</param>
    /// <param name="values">Values, the same shape.</param>
    /// <param name="firstPosition">Position of the first token; the others follow.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    public void Append(int layer, Activations keys, Activations values, int firstPosition, int numTokens, Worker worker)
    {
        Share heads = worker.Share(numTokens * NumHeads);
        for (int i = heads.Start; i < heads.End; i++)
        {
            int token = i / NumHeads, head = i % NumHeads;
            nint offset = (nint)(firstPosition + token) * HeadDim;
            Row(keys, token, head).CopyTo(new Span<float>(Keys(layer, head) + offset, HeadDim));
            Row(values, token, head).CopyTo(new Span<float>(Values(layer, head) + offset, HeadDim));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _buffer.Dispose();

    internal static long SizeInBytes(int numLayers, int numHeads, int headDim, int capacity) =>
        (long)numLayers * 2 * numHeads * capacity * headDim * sizeof(float);

    /// <summary>Keys of one head, [capacity, headDim].</summary>
    internal float* Keys(int layer, int head) => (float*)_buffer.Pointer + (((nint)layer * 2 * NumHeads) + head) * HeadSize;

    /// <summary>Values of one head, [capacity, headDim].</summary>
    internal float* Values(int layer, int head) => (float*)_buffer.Pointer + (((nint)layer * 2 * NumHeads) + NumHeads + head) * HeadSize;

    private Span<float> Row(Activations x, int token, int head) => new(x.Row(token) + ((nint)head * HeadDim), HeadDim);
}
