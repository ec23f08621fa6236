namespace MoeGen.Experts.Cache;

/// <summary>The memory of experts: equal slots at fixed addresses, on the host or on a device.</summary>
internal unsafe interface ISlotMemory : IDisposable
{
    /// <summary>Slots that there are addresses for.</summary>
    int MaxSlots { get; }

    /// <summary>First byte of a slot, as the source of the experts understands it.</summary>
    byte* Address(int slot);

    /// <summary>Gives the memory of a slot back, where that is possible.</summary>
    void Release(int slot);
}
