using MoeGen.Engine;
using MoeGen.Memory;

namespace MoeGen.Experts;

/// <summary>
/// How many tokens of a sequence each expert has taken, where experts take a limited number of them: in the order of the text, and
/// counted over the whole of it, so that one go, chunks and token by token drop the same ones.
/// </summary>
/// <remarks>
/// Every token's expert is kept, too: a run that was interrupted between two layers, or a text that was cut, gives its places back when the
/// layer counts again from an earlier position.
/// </remarks>
public sealed unsafe class ExpertLoads : IDisposable
{
    private readonly NativeBuffer _buffer;
    private readonly int[] _numCounted; // [layers] tokens whose expert is known
    private readonly int* _taken; // [layers, experts] tokens taken
    private readonly int* _experts; // [layers, capacity] expert of each counted token; Routing.Dropped: none
    private readonly int _numExperts;
    private readonly int _capacity;

    /// <summary>Reserves the memory.</summary>
    /// <param name="numLayers">Layers, dense ones included.</param>
    /// <param name="numExperts">Experts of a sparse layer.</param>
    /// <param name="capacity">Tokens of the longest text.</param>
    internal ExpertLoads(int numLayers, int numExperts, int capacity)
    {
        _numExperts = numExperts;
        _capacity = capacity;
        _numCounted = new int[numLayers];
        _buffer = new NativeBuffer(SizeInBytes(numLayers, numExperts, capacity));
        _taken = (int*)_buffer.Pointer;
        _experts = _taken + ((nint)numLayers * numExperts);
    }

    /// <summary>
    /// Drops the choices of experts that have taken their number of tokens. One worker does it; the others wait for the next Sync.
    /// </summary>
    /// <param name="routing">Choices, one for each token; those that are dropped become -1 and keep their weight.</param>
    /// <param name="layer">0-based layer, those of an encoder counted first.</param>
    /// <param name="limit">Tokens of a sequence that an expert takes (<c>expert_capacity</c>).</param>
    /// <param name="segment">The sequence's tokens.</param>
    /// <param name="worker">The calling worker.</param>
    public void Limit(Routing routing, int layer, int limit, Segment segment, Worker worker)
    {
        ArgumentNullException.ThrowIfNull(routing);
        if (worker.Index != 0)
        {
            return;
        }

        int* taken = _taken + ((nint)layer * _numExperts), experts = _experts + ((nint)layer * _capacity);
        while (_numCounted[layer] > segment.FirstPosition)
        {
            int expert = experts[--_numCounted[layer]];
            if (expert != Routing.Dropped)
            {
                taken[expert]--;
            }
        }

        for (int token = 0; token < segment.NumTokens; token++)
        {
            ref int expert = ref routing.TopKIds(segment.FirstRow + token)[0];
            expert = taken[expert] < limit ? expert : Routing.Dropped;
            if (expert != Routing.Dropped)
            {
                taken[expert]++;
            }

            experts[_numCounted[layer]++] = expert;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _buffer.Dispose();

    internal static long SizeInBytes(int numLayers, int numExperts, int capacity) =>
        (long)numLayers * ((long)numExperts + capacity) * sizeof(int);
}
