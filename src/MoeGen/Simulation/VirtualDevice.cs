using MoeGen.Experts;
using MoeGen.Experts.Cache;
using MoeGen.Experts.Eviction;

namespace MoeGen.Simulation;

/// <summary>
/// A device in virtual time: the scheduler and the waves of a real cache, with a link for the readers and a number for the clock. Between
/// two calls its clock stands where the last one left it; what its link has begun goes on when the clock does.
/// </summary>
internal sealed class VirtualDevice
{
    private readonly SimulationSetup _setup;
    private readonly ExpertGrid _grid;
    private readonly HardwareProfile _hardware;
    private readonly int _index;
    private readonly int _numPieces;
    private readonly VirtualLink _link;
    private readonly LayerRun _run;
    private readonly Queue<PredictionBatch> _predictions = new(); // in the order of their times
    private readonly int[] _tokensOf; // [experts] tokens that chose each expert of the running layer
    private readonly long[] _bytesRead = new long[Enum.GetValues<CopyPriority>().Length]; // by priority
    private long _nowNs;

    /// <summary>Creates a device without experts, or with all of them.</summary>
    /// <param name="setup">What is simulated.</param>
    /// <param name="index">0-based device.</param>
    public VirtualDevice(SimulationSetup setup, int index)
    {
        _setup = setup;
        _grid = setup.Grid;
        _hardware = setup.Hardware;
        _index = index;
        _tokensOf = new int[_grid.NumExperts];
        _numPieces = checked((int)((setup.ExpertBytes + _hardware.PieceBytes - 1) / _hardware.PieceBytes));
        _link = new VirtualLink(_hardware);
        bool isResident = setup.Policy.IsResident;
        int numSlots = isResident ? _grid.Count : SlotsOf(setup.NumSlots, _hardware.Devices, index);
        IEviction eviction = setup.Policy.CreateEviction(setup);
        Scheduler = new ExpertScheduler(_grid, numSlots, numSlots, _numPieces, eviction, retired: static _ => { });
        _run = new LayerRun(_grid, Scheduler);
        if (isResident)
        {
            Scheduler.AdmitAll();
        }
    }

    /// <summary>Decides what is copied and what goes.</summary>
    public ExpertScheduler Scheduler { get; }

    /// <summary>What the device's part of the experts has done.</summary>
    public UseCounts Counts => new(
        _run.Hits, _run.LateHits, _run.Misses, BytesRead(CopyPriority.Demand) + BytesRead(CopyPriority.LookAhead),
        BytesRead(CopyPriority.Prefetch) + BytesRead(CopyPriority.Swap));

    /// <summary>Slots of one of several devices that share a number as evenly as it goes.</summary>
    public static int SlotsOf(int numSlots, int numDevices, int index) => (numSlots / numDevices) + (index < numSlots % numDevices ? 1 : 0);

    /// <summary>A pass begins.</summary>
    public void StartPass() => Scheduler.StartPass();

    /// <summary>Takes a prediction that will be known later than all before it.</summary>
    public void Deliver(PredictionBatch batch) => _predictions.Enqueue(batch);

    /// <summary>A layer has been routed: leases what is there and asks for the rest.</summary>
    /// <param name="nowNs">When.</param>
    /// <param name="layer">0-based sparse layer.</param>
    /// <param name="isNewSequence">Whether it has not run for the sequence before.</param>
    /// <param name="tokensOf">Tokens that chose each expert, those of other devices included, [experts].</param>
    public void StartLayer(long nowNs, int layer, bool isNewSequence, ReadOnlySpan<int> tokensOf)
    {
        AdvanceTo(nowNs);
        ReleaseWave();
        tokensOf.CopyTo(_tokensOf);
        _run.Start(layer, isNewSequence);
        for (int expert = 0; expert < _grid.NumExperts; expert++)
        {
            if (tokensOf[expert] > 0 && IsOwned(_grid.KeyOf(layer, expert)))
            {
                _run.Add(expert, tokensOf[expert]);
            }
        }

        if (_run.NumMissing > 0)
        {
            _run.RequestMissing();
            StartCopies();
        }
    }

    /// <summary>Computes the layer's experts, in waves where some have to be waited for.</summary>
    /// <returns>When they are done, and how long computing alone has taken.</returns>
    public (long EndNs, long ComputeNs) FinishLayer()
    {
        long computeNs = ComputeWave();
        while (_run.NumMissing > 0)
        {
            ReleaseWave();
            StartCopies();
            while (!CollectArrived())
            {
                Step();
            }

            computeNs += ComputeWave();
        }

        return (_nowNs, computeNs);
    }

    /// <summary>The pass has ended.</summary>
    /// <param name="nowNs">When.</param>
    public void EndPass(long nowNs)
    {
        AdvanceTo(nowNs);
        ReleaseWave();
    }

    private bool IsOwned(int key) => key % _hardware.Devices == _index;

    private long NextEventNs => Math.Min(_link.NextEndNs, _predictions.Count == 0 ? long.MaxValue : _predictions.Peek().ReadyNs);

    private long BytesRead(CopyPriority priority) => _bytesRead[(int)priority];

    private long ComputeWave()
    {
        long ns = 0;
        for (int i = 0; i < _run.Wave.Count; i++)
        {
            ns += _hardware.ExpertNs(_setup.ExpertBytes, _tokensOf[_run.Wave.ExpertAt(i)]);
        }

        AdvanceTo(_nowNs + ns);
        return ns;
    }

    private bool CollectArrived()
    {
        bool hasArrived = _run.CollectArrived();
        if (_run.RequestDropped())
        {
            StartCopies();
        }

        return hasArrived;
    }

    private void ReleaseWave()
    {
        _run.Release();
        if (!Scheduler.KeepsUsedExperts)
        {
            _run.GiveUp();
        }

        _run.Wave.Clear();
    }

    private void AdvanceTo(long nowNs)
    {
        while (NextEventNs <= nowNs)
        {
            Step();
        }

        _nowNs = nowNs;
    }

    // the next thing that happens, with all that follows from it at the same time
    private void Step()
    {
        long eventNs = NextEventNs;
        if (eventNs == long.MaxValue)
        {
            throw new InvalidOperationException(
                $"The simulation waits for an expert of layer {_grid.LayerOf(_run.MissingKeyAt(0))} that is not on its way.");
        }

        _nowNs = eventNs;
        if (_link.NextEndNs == eventNs)
        {
            CopyPiece piece = _link.Finish();
            _bytesRead[(int)piece.Priority] += SizeOf(piece.Piece);
            if (Scheduler.Complete(piece, isRead: true))
            {
                Scheduler.Admit(piece.Key, isSound: true);
            }
        }
        else
        {
            _predictions.Dequeue().ApplyTo(Scheduler, _grid, IsOwned);
        }

        StartCopies();
    }

    private void StartCopies()
    {
        while (_link.HasRoom && Scheduler.TryTake(out CopyPiece piece))
        {
            _link.Start(piece, SizeOf(piece.Piece), _nowNs);
        }
    }

    // pieces differ by a byte at most
    private long SizeOf(int piece) => (_setup.ExpertBytes * (piece + 1) / _numPieces) - (_setup.ExpertBytes * piece / _numPieces);
}
