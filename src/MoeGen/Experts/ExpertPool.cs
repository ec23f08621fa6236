using MoeGen.Memory;

namespace MoeGen.Experts;

/// <summary>
/// The memory of all experts: equal slots, one for each expert of each sparse layer. Every expert is resident.
/// </summary>
internal sealed unsafe class ExpertPool : IDisposable
{
    /// <summary>Slots begin at multiples of a page, as direct reads from disk need it.</summary>
    private const int SlotAlignment = 4096;

    private readonly NativeBuffer _buffer;
    private readonly int[] _firstSlots; // [layers] slot of expert 0, -1 for a dense layer
    private readonly nint _firstByte; // offset of the first slot in the buffer
    private readonly nint _slotBytes;

    /// <summary>Allocates the slots.</summary>
    /// <param name="isSparse">For every layer, whether it has experts.</param>
    /// <param name="numExperts">Experts of a sparse layer.</param>
    /// <param name="expertBytes">Bytes of one expert.</param>
    public ExpertPool(IReadOnlyList<bool> isSparse, int numExperts, long expertBytes)
    {
        NumExperts = numExperts;
        _slotBytes = (nint)SlotSize(expertBytes);
        _firstSlots = new int[isSparse.Count];
        int numSlots = 0;
        for (int layer = 0; layer < isSparse.Count; layer++)
        {
            _firstSlots[layer] = isSparse[layer] ? numSlots : -1;
            numSlots += isSparse[layer] ? numExperts : 0;
        }

        _buffer = new NativeBuffer(SizeInBytes(numSlots, expertBytes));
        _firstByte = (nint)(-(long)_buffer.Pointer & (SlotAlignment - 1));
    }

    public int NumExperts { get; }

    /// <summary>Bytes that a pool of so many experts takes.</summary>
    public static long SizeInBytes(long numExperts, long expertBytes) => (numExperts * SlotSize(expertBytes)) + SlotAlignment;

    /// <summary>The slot of an expert.</summary>
    /// <param name="layer">0-based sparse layer.</param>
    /// <param name="expert">0-based expert of the layer.</param>
    public ExpertSlot Slot(int layer, int expert) => new(Address(layer, expert));

    /// <summary>First byte of an expert's blob.</summary>
    public byte* Address(int layer, int expert) => _buffer.Pointer + _firstByte + ((_firstSlots[layer] + expert) * _slotBytes);

    public void Dispose() => _buffer.Dispose();

    private static long SlotSize(long expertBytes) => (expertBytes + SlotAlignment - 1) / SlotAlignment * SlotAlignment;
}
