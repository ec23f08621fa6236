using MoeGen.Memory;

namespace MoeGen.Experts.Cache;

/// <summary>
/// The memory of experts: equal slots at fixed addresses, each beginning at a page, as direct reads from disk need it. A slot costs memory
/// from its first use until it is released.
/// </summary>
internal sealed unsafe class SlotPool : ISlotMemory
{
    private const int SlotAlignment = 4096;

    private readonly PageMemory _memory;

    /// <summary>Reserves the slots.</summary>
    /// <param name="maxSlots">Most slots that will be in use at once.</param>
    /// <param name="expertBytes">Bytes of one expert.</param>
    public SlotPool(int maxSlots, long expertBytes)
    {
        MaxSlots = maxSlots;
        SlotBytes = SlotSize(expertBytes);
        _memory = new PageMemory(checked(maxSlots * SlotBytes));
    }

    /// <summary>Slots that there are addresses for.</summary>
    public int MaxSlots { get; }

    /// <summary>Bytes from one slot to the next.</summary>
    public long SlotBytes { get; }

    /// <summary>Bytes of a slot for an expert of so many bytes.</summary>
    public static long SlotSize(long expertBytes) => (expertBytes + SlotAlignment - 1) / SlotAlignment * SlotAlignment;

    /// <summary>First byte of a slot.</summary>
    public byte* Address(int slot) => _memory.Pointer + (slot * SlotBytes);

    /// <summary>Gives the memory of a slot back to the system.</summary>
    public void Release(int slot) => _memory.Release(slot * SlotBytes, SlotBytes);

    public void Dispose() => _memory.Dispose();
}
