namespace MoeGen.Experts.Cache;

/// <summary>The requests for copies, at most one for each expert. Not thread-safe.</summary>
internal sealed class CopyQueue
{
    private readonly ExpertGrid _grid;
    private readonly CopyRequest[] _requests; // [keys]
    private readonly int[] _active; // [keys] keys with a request, the first Count
    private readonly int[] _places; // [keys] place in _active, -1: no request

    public CopyQueue(ExpertGrid grid)
    {
        _grid = grid;
        _requests = new CopyRequest[grid.Count];
        _active = new int[grid.Count];
        _places = new int[grid.Count];
        Array.Fill(_places, -1);
    }

    /// <summary>Keys that have a request, in no order.</summary>
    public ReadOnlySpan<int> Keys => _active.AsSpan(0, Count);

    public int Count { get; private set; }

    /// <summary>Requests that a layer waits for.</summary>
    public int NumUrgent { get; private set; }

    public bool Contains(int key) => _places[key] >= 0;

    /// <summary>The request of an expert that has one. Its priority is changed by <see cref="SetPriority"/> alone.</summary>
    public ref CopyRequest this[int key] => ref _requests[key];

    public void Add(int key, in CopyRequest request)
    {
        _requests[key] = request;
        _places[key] = Count;
        _active[Count++] = key;
        NumUrgent += request.IsUrgent ? 1 : 0;
    }

    public void SetPriority(int key, CopyPriority priority)
    {
        ref CopyRequest request = ref _requests[key];
        NumUrgent -= request.IsUrgent ? 1 : 0;
        request.Priority = priority;
        NumUrgent += request.IsUrgent ? 1 : 0;
    }

    public void Remove(int key)
    {
        NumUrgent -= _requests[key].IsUrgent ? 1 : 0;
        int place = _places[key];
        int last = _active[--Count];
        _active[place] = last;
        _places[last] = place;
        _places[key] = -1;
    }

    /// <summary>
    /// Whether a request goes before another: by priority, then urgent ones and swaps in order, then prefetches by <c>p / (l - l_now)</c> (FineMoE,
    /// section 4.4), which is taken anew each time, because the model walks on; among equals the smaller key.
    /// </summary>
    /// <param name="key">One expert with a request.</param>
    /// <param name="other">Another, or -1.</param>
    /// <param name="layer">The running layer.</param>
    public bool GoesBefore(int key, int other, int layer)
    {
        if (other < 0)
        {
            return true;
        }

        ref CopyRequest a = ref _requests[key];
        ref CopyRequest b = ref _requests[other];
        if (a.Priority != b.Priority)
        {
            return a.Priority < b.Priority;
        }

        if (a.Priority != CopyPriority.Prefetch)
        {
            return a.Order < b.Order;
        }

        float rankA = a.Probability / Math.Max(1, _grid.LayerOf(key) - layer);
        float rankB = b.Probability / Math.Max(1, _grid.LayerOf(other) - layer);
        return rankA != rankB ? rankA > rankB : key < other;
    }
}
