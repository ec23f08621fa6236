using MoeGen.Experts.Eviction;

namespace MoeGen.Experts.Cache;

// who gets a slot, and who gives it up
internal sealed partial class ExpertScheduler
{
    /// <summary>Uses more or fewer slots from now on; those with experts in use or on their way go as soon as they can.</summary>
    /// <param name="numSlots">Slots to use, at most the maximum.</param>
    public void Resize(int numSlots)
    {
        while (_table.NumSlots < numSlots && _table.TryReturn())
        {
        }

        _slotsToRetire = Math.Max(0, _table.NumSlots - numSlots);
        RetireSlots();
    }

    private void RetireSlots()
    {
        while (_slotsToRetire > 0)
        {
            int victim = _table.NumFree > 0 ? SlotTable.None : FindVictim(incoming: 0, isPrefetch: false, out _);
            if (victim != SlotTable.None)
            {
                _ = Evict(victim);
            }

            if (!_table.TryRetire(out int slot))
            {
                return;
            }

            _slotsToRetire--;
            _retired(slot);
        }
    }

    private bool TryAssign(int key, ref CopyRequest request)
    {
        while (!_table.TryAssign(key, out request.Slot))
        {
            if (request.Priority == CopyPriority.Swap)
            {
                return false;
            }

            int victim = FindVictim(key, isPrefetch: !request.IsUrgent, out double victimValue);
            if (victim == SlotTable.None)
            {
                if (!request.IsUrgent || !TryDropPrefetch())
                {
                    return false;
                }
            }
            else if (!request.IsUrgent && Eviction.ComparesPrefetches && ValueOf(key) <= victimValue)
            {
                Counters.OutbidPrefetches++;
                request.IsOutbid = true;
                return false;
            }
            else
            {
                // somebody who leases the victim in this moment wins, and another one is looked for
                _ = Evict(victim);
            }
        }

        if (request.Priority == CopyPriority.Prefetch)
        {
            request.IsPrefetched = true;
            Counters.Prefetches++;
        }

        return true;
    }

    private double ValueOf(int key) => Eviction.KeepValue(key, Usage, MomentOf(key));

    private EvictionMoment MomentOf(int incoming) => new(_pass, _layer, incoming, _table.ResidentOfLayer, _table.NumSlots);

    private int FindVictim(int incoming, bool isPrefetch, out double least)
    {
        EvictionMoment moment = MomentOf(incoming);
        int victim = SlotTable.None;
        int victimKey = 0;
        least = double.PositiveInfinity;
        for (int slot = 0; slot < _table.MaxSlots; slot++)
        {
            int key = _table.KeyOf(slot);
            if (key == SlotTable.None || !_table.IsIdle(slot) || IsProtected(key, isPrefetch))
            {
                continue;
            }

            double value = Eviction.KeepValue(key, Usage, moment);
            bool isLess = value < least || (value == least && key < victimKey);
            if (!double.IsPositiveInfinity(value) && (victim == SlotTable.None || isLess))
            {
                (victim, victimKey, least) = (slot, key, value);
            }
        }

        return victim;
    }

    // what the running layer still has to compute stays; what a prefetch has brought for a layer to come gives way to a miss alone
    private bool IsProtected(int key, bool isPrefetch) =>
        Volatile.Read(ref _wantedBy[key]) == Volatile.Read(ref _layerRun)
        || (isPrefetch && _prefetches.IsUnused(key, _pass) && _grid.LayerOf(key) > _layer);

    private bool Evict(int slot)
    {
        int key = _table.KeyOf(slot);
        if (!_table.TryFree(slot))
        {
            return false;
        }

        Counters.Evictions++;
        _prefetches.OnEvicted(key);
        return true;
    }

    // a prefetch that is paused by the miss itself must not keep the slot that the miss needs
    private bool TryDropPrefetch()
    {
        foreach (int key in _queue.Keys)
        {
            ref CopyRequest request = ref _queue[key];
            if (!request.IsUrgent && request.Slot != SlotTable.None && !request.IsInFlight && request.NumDone < PiecesOf(request))
            {
                Drop(key);
                return true;
            }
        }

        return false;
    }
}
