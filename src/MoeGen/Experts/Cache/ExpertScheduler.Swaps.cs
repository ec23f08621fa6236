namespace MoeGen.Experts.Cache;

// what a selection asks for that says itself which experts are in memory
internal sealed partial class ExpertScheduler
{
    /// <summary>Experts are resident: they have the first slots, in their order.</summary>
    public void Admit(ReadOnlySpan<int> keys)
    {
        foreach (int key in keys)
        {
            _ = _table.TryAssign(key, out int slot);
            _table.Publish(slot);
        }
    }

    /// <summary>
    /// Asks for an expert that no layer waits for: it is copied into a free slot, behind everything else, and nothing is evicted for it.
    /// </summary>
    /// <param name="key">An expert that is not resident.</param>
    public void Swap(int key)
    {
        if (_queue.Contains(key))
        {
            // given up a moment ago, and not yet gone
            ref CopyRequest request = ref _queue[key];
            request.IsAbandoned = false;
            request.IsSwap = true;
        }
        else
        {
            _queue.Add(key, new CopyRequest { Priority = CopyPriority.Swap, IsSwap = true, Order = ++_order, Slot = SlotTable.None });
        }
    }

    /// <summary>An expert is not wanted any more, resident or on its way: its slot is free once no reader writes to it.</summary>
    /// <param name="key">An expert that nobody leases.</param>
    public void GiveUpExpert(int key)
    {
        if (_queue.Contains(key))
        {
            // whoever asked for it: it must not appear in a slot when its readers are back
            _queue[key].IsSwap = true;
            AbandonRequest(key);
        }
        else if (_table.TryFind(key, out int slot) && Evict(slot))
        {
            RetireSlots();
        }
    }
}
