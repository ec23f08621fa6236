namespace MoeGen.Experts.Cache;

/// <summary>
/// Which expert is in which slot, and what a slot is doing. A resident expert is leased and released without a lock, by any thread; all other
/// changes are made by one thread at a time. An expert that is leased cannot be evicted: both are a compare-and-swap of the same word.
/// </summary>
internal sealed class SlotTable
{
    /// <summary>No expert, no slot.</summary>
    public const int None = -1;

    // a state of 0 or above: ready, with so many leases
    private const int Free = -1;
    private const int Copying = -2;
    private const int Retired = -3;

    private readonly ExpertGrid _grid;
    private readonly int[] _slotOf; // [keys] slot of a resident or arriving expert, None
    private readonly int[] _keyOf; // [slots] expert of the slot, None
    private readonly int[] _states; // [slots]
    private readonly bool[] _holdsTwin; // [slots] of a ready expert: the slot has its twin
    private readonly int[] _residentOfLayer; // [layers] ready or arriving experts

    /// <summary>Creates a table without experts.</summary>
    /// <param name="grid">The experts.</param>
    /// <param name="numSlots">Slots in use.</param>
    /// <param name="maxSlots">Most slots that will ever be in use.</param>
    public SlotTable(ExpertGrid grid, int numSlots, int maxSlots)
    {
        _grid = grid;
        _slotOf = new int[grid.Count];
        _keyOf = new int[maxSlots];
        _states = new int[maxSlots];
        _holdsTwin = new bool[maxSlots];
        _residentOfLayer = new int[grid.NumLayers];
        Array.Fill(_slotOf, None);
        Array.Fill(_keyOf, None);
        Array.Fill(_states, Free, 0, numSlots);
        Array.Fill(_states, Retired, numSlots, maxSlots - numSlots);
        NumSlots = numSlots;
        NumFree = numSlots;
    }

    /// <summary>Slots in use or free, those that are retired left out.</summary>
    public int NumSlots { get; private set; }

    /// <summary>Slots without an expert.</summary>
    public int NumFree { get; private set; }

    /// <summary>Slots that there can be.</summary>
    public int MaxSlots => _states.Length;

    /// <summary>Ready or arriving experts of each layer, [layers].</summary>
    public ReadOnlySpan<int> ResidentOfLayer => _residentOfLayer;

    /// <summary>The expert in a slot, or None.</summary>
    public int KeyOf(int slot) => _keyOf[slot];

    /// <summary>Finds an expert that can be used at once, without leasing it.</summary>
    public bool TryFind(int key, out int slot)
    {
        slot = Volatile.Read(ref _slotOf[key]);
        return slot != None && Volatile.Read(ref _states[slot]) >= 0 && Volatile.Read(ref _keyOf[slot]) == key;
    }

    /// <summary>Whether the expert in a slot may be evicted: it is ready, and nobody uses it.</summary>
    public bool IsIdle(int slot) => Volatile.Read(ref _states[slot]) == 0;

    /// <summary>Leases a ready expert, so that it stays where it is. Takes no lock.</summary>
    /// <param name="key">The expert.</param>
    /// <param name="slot">Where it is.</param>
    public bool TryLease(int key, out int slot)
    {
        slot = Volatile.Read(ref _slotOf[key]);
        if (slot == None)
        {
            return false;
        }

        int state = Volatile.Read(ref _states[slot]);
        while (state >= 0)
        {
            int seen = Interlocked.CompareExchange(ref _states[slot], state + 1, state);
            if (seen == state)
            {
                // the slot may have changed hands before the lease; from the lease on it cannot
                if (Volatile.Read(ref _keyOf[slot]) == key)
                {
                    return true;
                }

                Release(slot);
                return false;
            }

            state = seen;
        }

        return false;
    }

    /// <summary>Ends a lease. Takes no lock.</summary>
    public void Release(int slot) => Interlocked.Decrement(ref _states[slot]);

    /// <summary>Gives a free slot to an expert that is about to be copied.</summary>
    /// <param name="key">An expert without a slot.</param>
    /// <param name="slot">The slot.</param>
    public bool TryAssign(int key, out int slot)
    {
        slot = NumFree == 0 ? None : Array.IndexOf(_states, Free);
        if (slot == None)
        {
            return false;
        }

        _keyOf[slot] = key;
        Volatile.Write(ref _states[slot], Copying);
        Volatile.Write(ref _slotOf[key], slot);
        _residentOfLayer[_grid.LayerOf(key)]++;
        NumFree--;
        return true;
    }

    /// <summary>The expert has arrived: from now on it can be leased.</summary>
    /// <param name="slot">Its slot.</param>
    /// <param name="isTwin">Whether it is the expert's twin that has arrived.</param>
    public void Publish(int slot, bool isTwin = false)
    {
        _holdsTwin[slot] = isTwin;
        Volatile.Write(ref _states[slot], 0);
    }

    /// <summary>Whether a ready slot has the twin of its expert; certain while it is leased.</summary>
    public bool HoldsTwin(int slot) => _holdsTwin[slot];

    /// <summary>Takes an expert out of a slot that nobody uses; its copy will not go on, or it is evicted.</summary>
    /// <returns>False when somebody leased the expert first.</returns>
    public bool TryFree(int slot)
    {
        bool isCopying = Volatile.Read(ref _states[slot]) == Copying;
        if (!isCopying && Interlocked.CompareExchange(ref _states[slot], Copying, 0) != 0)
        {
            return false;
        }

        int key = _keyOf[slot];
        Volatile.Write(ref _slotOf[key], None);
        Volatile.Write(ref _keyOf[slot], None);
        Volatile.Write(ref _states[slot], Free);
        _residentOfLayer[_grid.LayerOf(key)]--;
        NumFree++;
        return true;
    }

    /// <summary>Takes a free slot out of use.</summary>
    /// <param name="slot">The slot.</param>
    public bool TryRetire(out int slot)
    {
        slot = NumFree == 0 ? None : Array.LastIndexOf(_states, Free);
        if (slot == None)
        {
            return false;
        }

        _states[slot] = Retired;
        NumFree--;
        NumSlots--;
        return true;
    }

    /// <summary>Takes a retired slot into use.</summary>
    public bool TryReturn()
    {
        int slot = Array.IndexOf(_states, Retired);
        if (slot == None)
        {
            return false;
        }

        _states[slot] = Free;
        NumFree++;
        NumSlots++;
        return true;
    }
}
