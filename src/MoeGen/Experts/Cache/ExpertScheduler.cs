using MoeGen.Experts.Eviction;

namespace MoeGen.Experts.Cache;

/// <summary>
/// Decides which experts are copied, in which order, into which slots. It knows no threads, files or clocks: <see cref="ExpertCache"/> drives
/// it with readers and a model, the simulator with a trace in virtual time. Members are called by one thread at a time, except
/// <see cref="StartLayer"/> and <see cref="TryUse"/>, which the thread of the model may call at any time.
/// </summary>
internal sealed partial class ExpertScheduler
{
    private readonly ExpertGrid _grid;
    private readonly int _numPieces;
    private readonly int _numTwinPieces; // 0: experts have no twins
    private readonly bool[] _isTwinBroken; // [keys] the twin could not be read: it is not asked for again
    private readonly SlotTable _table;
    private readonly CopyQueue _queue;
    private readonly long[] _wantedBy; // [keys] number of the layer run that wants the expert and has not computed it
    private readonly PrefetchOutcomes _prefetches;
    private readonly Action<int> _retired;
    private long _pass;
    private long _layerRun = 1; // counts the layers that have run; 0 in _wantedBy: no layer
    private int _layer = -1;
    private long _order;
    private int _slotsToRetire;

    /// <summary>Creates a scheduler of an empty cache.</summary>
    /// <param name="grid">The experts.</param>
    /// <param name="numSlots">Slots to use.</param>
    /// <param name="maxSlots">Most slots that will ever be used.</param>
    /// <param name="numPieces">Pieces in which an expert is copied.</param>
    /// <param name="eviction">What is given up.</param>
    /// <param name="retired">Hears which slots are out of use.</param>
    /// <param name="numTwinPieces">Pieces in which the twin of an expert is copied; 0: experts have none.</param>
    public ExpertScheduler(
        ExpertGrid grid, int numSlots, int maxSlots, int numPieces, IEviction eviction, Action<int> retired, int numTwinPieces = 0)
    {
        _retired = retired;
        _grid = grid;
        Eviction = eviction;
        _numPieces = numPieces;
        _numTwinPieces = numTwinPieces;
        _isTwinBroken = new bool[grid.Count];
        _table = new SlotTable(grid, numSlots, maxSlots);
        _queue = new CopyQueue(grid);
        _wantedBy = new long[grid.Count];
        _prefetches = new PrefetchOutcomes(grid.Count, Counters);
        Usage = new ExpertUsage(grid);
    }

    /// <summary>What is given up.</summary>
    public IEviction Eviction { get; set; }

    /// <summary>What has been used when, and what is expected.</summary>
    public ExpertUsage Usage { get; }

    /// <summary>What has happened.</summary>
    public SchedulerCounters Counters { get; } = new();

    /// <summary>Slots in use.</summary>
    public int NumSlots => _table.NumSlots;

    /// <summary>The running pass, counted from 1.</summary>
    public long Pass => Volatile.Read(ref _pass);

    /// <summary>Whether experts stay resident after their use.</summary>
    public bool KeepsUsedExperts => Eviction.KeepsUsedExperts;

    /// <summary>Finds an expert that can be used at once, without leasing it.</summary>
    public bool TryFind(int key, out int slot) => _table.TryFind(key, out slot);

    /// <summary>Whether an expert is on its way.</summary>
    public bool IsRequested(int key) => _queue.Contains(key);

    /// <summary>Every expert is resident: those of slot i are those of key i.</summary>
    public void AdmitAll()
    {
        for (int key = 0; key < _grid.Count; key++)
        {
            _ = _table.TryAssign(key, out int slot);
            _table.Publish(slot);
        }
    }

    /// <summary>A pass begins.</summary>
    public void StartPass()
    {
        Volatile.Write(ref _layer, -1);
        Volatile.Write(ref _pass, _pass + 1);
    }

    /// <summary>A layer has been routed: what was expected of it and of those before it is of no use any more.</summary>
    /// <param name="layer">0-based sparse layer.</param>
    /// <param name="isNewSequence">Whether it has not run for the sequence before.</param>
    public void StartLayer(int layer, bool isNewSequence)
    {
        if (isNewSequence)
        {
            Usage.StartSequence(layer);
        }

        Volatile.Write(ref _layerRun, _layerRun + 1);
        Volatile.Write(ref _layer, layer);
    }

    /// <summary>The running layer wants nothing any more, although it has not computed all.</summary>
    public void EndLayer() => Volatile.Write(ref _layerRun, _layerRun + 1);

    /// <summary>The running layer wants an expert: until it has computed it, it is not evicted.</summary>
    /// <param name="key">The expert.</param>
    /// <param name="numTokens">Tokens that chose it.</param>
    public void Want(int key, int numTokens)
    {
        Usage.OnChosen(key, numTokens);
        Volatile.Write(ref _wantedBy[key], _layerRun);
    }

    /// <summary>Leases an expert for the running layer if it is ready, and counts the use. Takes no lock.</summary>
    /// <param name="key">The expert.</param>
    /// <param name="slot">Where it is.</param>
    /// <param name="takesTwin">Whether its twin will do.</param>
    public bool TryUse(int key, out int slot, bool takesTwin = false)
    {
        if (!_table.TryLease(key, out slot))
        {
            return false;
        }

        if (!takesTwin && _table.HoldsTwin(slot))
        {
            _table.Release(slot);
            return false;
        }

        Usage.OnUsed(key, _pass);
        _prefetches.OnUsed(key);
        return true;
    }

    /// <summary>Whether a slot that the running layer uses has the twin of its expert.</summary>
    public bool HoldsTwin(int slot) => _table.HoldsTwin(slot);

    /// <summary>The running layer has computed an expert.</summary>
    /// <param name="key">The expert.</param>
    /// <param name="slot">Its slot.</param>
    public void Release(int key, int slot)
    {
        Volatile.Write(ref _wantedBy[key], 0);
        _table.Release(slot);
    }

    /// <summary>An expert that is not kept has been computed and released: its slot is free.</summary>
    public void GiveUp(int slot)
    {
        if (!Eviction.KeepsUsedExperts && _table.IsIdle(slot))
        {
            Evict(slot);
        }
    }

    /// <summary>The running layer has to wait for an expert that is not ready: its copy goes before all others.</summary>
    /// <param name="key">The expert.</param>
    /// <param name="priority">Demand or look-ahead.</param>
    /// <param name="takesTwin">Whether its twin will do, which is then read unless the expert itself is on its way.</param>
    /// <returns>Whether it was on its way already: a late hit.</returns>
    /// <remarks>A resident twin that will not do leaves its slot to the expert.</remarks>
    public bool Demand(int key, CopyPriority priority, bool takesTwin = false)
    {
        bool isTwin = takesTwin && _numTwinPieces > 0 && !_isTwinBroken[key];
        bool isLate = false;
        if (_queue.Contains(key))
        {
            ref CopyRequest request = ref _queue[key];
            isLate = request.NumTaken > 0;
            if (!request.IsUrgent)
            {
                request.Order = ++_order;
            }

            // what has begun goes on; a twin that will not do any more is followed by its expert
            request.IsTwin = isLate ? request.IsTwin : isTwin;
            request.IsAbandoned = false;
            request.IsSwap = false;
            _queue.SetPriority(key, priority);
        }
        else if (_table.TryFind(key, out int slot) && (takesTwin || !_table.HoldsTwin(slot)))
        {
            // it has arrived since the layer looked for it
            isLate = true;
        }
        else
        {
            if (slot != SlotTable.None)
            {
                _ = Evict(slot);
            }

            _queue.Add(key, new CopyRequest { Priority = priority, Order = ++_order, Slot = SlotTable.None, IsTwin = isTwin });
        }

        return isLate;
    }

    /// <summary>Asks for an expert before its layer runs.</summary>
    /// <param name="pass">The pass that the prediction is for.</param>
    /// <param name="key">The expert.</param>
    /// <param name="probability">How probably it will be used.</param>
    /// <returns>Whether there is anything new to copy.</returns>
    public bool Prefetch(long pass, int key, float probability)
    {
        if (pass != _pass || _grid.LayerOf(key) <= _layer)
        {
            Counters.StalePrefetches++;
            return false;
        }

        if (_queue.Contains(key))
        {
            ref CopyRequest request = ref _queue[key];
            request.Probability = Math.Max(request.Probability, probability);
            request.IsAbandoned = false;
            return false;
        }

        if (_table.TryFind(key, out _))
        {
            return false;
        }

        if (!_prefetches.Admits())
        {
            return false;
        }

        CopyRequest added = new() { Priority = CopyPriority.Prefetch, Probability = probability, Pass = pass, Slot = SlotTable.None };
        _queue.Add(key, added);
        return true;
    }
}
