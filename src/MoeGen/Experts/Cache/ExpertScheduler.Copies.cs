namespace MoeGen.Experts.Cache;

// what readers take, and what becomes of it
internal sealed partial class ExpertScheduler
{
    /// <summary>The next piece to read; none when there is no request, or no slot for one.</summary>
    /// <param name="piece">The piece.</param>
    public bool TryTake(out CopyPiece piece)
    {
        DropStalePrefetches();
        bool hasSlots = true;
        while (true)
        {
            int best = FindBest(hasSlots);
            if (best < 0)
            {
                piece = default;
                return false;
            }

            ref CopyRequest request = ref _queue[best];
            if (request.Slot == SlotTable.None && !TryAssign(best, ref request))
            {
                if (request.IsOutbid)
                {
                    _queue.Remove(best);
                }
                else
                {
                    hasSlots = false; // go on with those that have a slot
                }

                continue;
            }

            piece = new CopyPiece(best, request.NumTaken++, request.Slot, request.Priority, request.IsTwin);
            return true;
        }
    }

    /// <summary>A piece has been read, or could not be.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="isRead">Whether it is in its slot.</param>
    /// <returns>Whether the expert is whole: it is then to be checked and admitted.</returns>
    public bool Complete(in CopyPiece piece, bool isRead)
    {
        ref CopyRequest request = ref _queue[piece.Key];
        request.NumDone++;
        request.IsBroken |= !isRead;
        if (request.IsInFlight)
        {
            return false;
        }

        if (request.IsBroken || (request.IsAbandoned && request.NumDone < PiecesOf(request)))
        {
            if (request.IsBroken && request.IsTwin)
            {
                _isTwinBroken[piece.Key] = true;
                Counters.FailedTwins++;
            }

            Drop(piece.Key);
            return false;
        }

        return request.NumDone == PiecesOf(request);
    }

    /// <summary>A whole expert has been checked.</summary>
    /// <param name="key">The expert.</param>
    /// <param name="isSound">Whether it may be used.</param>
    public void Admit(int key, bool isSound)
    {
        ref CopyRequest request = ref _queue[key];
        if (!isSound || (request.IsSwap && request.IsAbandoned))
        {
            Drop(key);
            return;
        }

        int slot = request.Slot;
        _prefetches.OnAdmitted(key, request);
        Usage.OnAdmitted(key);
        Counters.TwinReads += request.IsTwin ? 1 : 0;
        _table.Publish(slot, request.IsTwin);
        _queue.Remove(key);
        RetireSlots();
    }

    /// <summary>
    /// Forgets every request but swaps, which no pass has asked for, after an interrupted pass: what is being read ends when its reader is
    /// back.
    /// </summary>
    public void Abandon()
    {
        for (int i = _queue.Count - 1; i >= 0; i--)
        {
            if (!_queue[_queue.Keys[i]].IsSwap)
            {
                AbandonRequest(_queue.Keys[i]);
            }
        }
    }

    // a miss suspends everything that is not urgent (FineMoE, section 4.5)
    private int FindBest(bool hasSlots)
    {
        bool isUrgent = _queue.NumUrgent > 0;
        int best = -1;
        foreach (int key in _queue.Keys)
        {
            ref CopyRequest request = ref _queue[key];
            if (request.NumTaken < PiecesOf(request) && !request.IsAbandoned && !request.IsBroken
                && (request.IsUrgent || !isUrgent)
                && (hasSlots || request.Slot != SlotTable.None)
                && _queue.GoesBefore(key, best, _layer))
            {
                best = key;
            }
        }

        return best;
    }

    private void DropStalePrefetches()
    {
        for (int i = _queue.Count - 1; i >= 0; i--)
        {
            int key = _queue.Keys[i];
            ref CopyRequest request = ref _queue[key];
            if (request.Priority == CopyPriority.Prefetch && (request.Pass != _pass || _grid.LayerOf(key) <= _layer)
                && request.NumTaken < _numPieces)
            {
                Counters.StalePrefetches += request.IsAbandoned ? 0 : 1;
                AbandonRequest(key);
            }
        }
    }

    private void AbandonRequest(int key)
    {
        ref CopyRequest request = ref _queue[key];
        if (request.IsInFlight || request.NumDone == PiecesOf(request))
        {
            request.IsAbandoned = true;
            _queue.SetPriority(key, CopyPriority.Swap);
        }
        else
        {
            Drop(key);
        }
    }

    private int PiecesOf(in CopyRequest request) => request.IsTwin ? _numTwinPieces : _numPieces;

    private void Drop(int key)
    {
        ref CopyRequest request = ref _queue[key];
        if (request.Slot != SlotTable.None)
        {
            _ = _table.TryFree(request.Slot);
            _prefetches.OnDropped(request);
        }

        _queue.Remove(key);
        RetireSlots();
    }
}
