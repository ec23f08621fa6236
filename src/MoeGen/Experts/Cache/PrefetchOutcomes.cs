namespace MoeGen.Experts.Cache;

/// <summary>
/// What becomes of copies that a prefetch began: used before they were evicted, waited for, or of no use. Counts them, and lets new ones
/// begin by it.
/// </summary>
/// <param name="numKeys">Experts.</param>
/// <param name="counters">Where they are counted.</param>
internal sealed class PrefetchOutcomes(int numKeys, SchedulerCounters counters)
{
    private readonly bool[] _isUnused = new bool[numKeys]; // [keys] resident because of a prefetch, and not used since
    private readonly long[] _pass = new long[numKeys]; // [keys] pass of that prefetch
    private readonly PrefetchThrottle _throttle = new();

    /// <summary>Whether a prediction is to be followed.</summary>
    public bool Admits()
    {
        bool admits = _throttle.Admits();
        counters.ThrottledPrefetches += admits ? 0 : 1;
        return admits;
    }

    /// <summary>Whether an expert is resident because a prefetch of a pass has brought it, and not used since.</summary>
    public bool IsUnused(int key, long pass) => _isUnused[key] && _pass[key] == pass;

    /// <summary>A copy is complete.</summary>
    public void OnAdmitted(int key, in CopyRequest request)
    {
        if (request.IsPrefetched && request.IsUrgent)
        {
            // the layer came before the copy was complete: the prefetch was right, if late
            CountUseful();
        }

        _isUnused[key] = request.IsPrefetched && !request.IsUrgent;
        _pass[key] = request.Pass;
    }

    /// <summary>A copy that had a slot is given up on the way.</summary>
    public void OnDropped(in CopyRequest request)
    {
        if (request.IsPrefetched)
        {
            CountWasted();
        }
    }

    /// <summary>A layer uses an expert.</summary>
    public void OnUsed(int key)
    {
        if (_isUnused[key])
        {
            _isUnused[key] = false;
            CountUseful();
        }
    }

    /// <summary>An expert is resident no more.</summary>
    public void OnEvicted(int key)
    {
        if (_isUnused[key])
        {
            _isUnused[key] = false;
            CountWasted();
        }
    }

    private void CountUseful()
    {
        counters.UsefulPrefetches++;
        _throttle.OnUseful();
    }

    private void CountWasted()
    {
        counters.WastedPrefetches++;
        _throttle.OnWasted();
    }
}
