using System.Diagnostics;
using MoeGen.Engine;
using MoeGen.Experts.Eviction;
using MoeGen.Experts.Prefetch;
using MoeGen.Experts.Selection;
using MoeGen.Experts.Twins;
using MoeGen.Kernels;

namespace MoeGen.Experts.Cache;

/// <summary>
/// The experts of a model in as many slots as the memory budget allows. The thread that runs a pass tells it of every layer and gets the
/// layer's experts in waves; readers fill slots behind it. When all experts of a layer are resident, nothing is locked and nothing waits.
/// </summary>
internal sealed unsafe partial class ExpertCache : IResidency, IDisposable
{
    // an interruption is noticed within so many milliseconds while a layer waits for the disk
    private const int InterruptionIntervalMs = 50;

    private readonly object _gate = new();
    private readonly ModelInfo _info;
    private readonly MoeOptions _options;
    private readonly Func<IExpertSource> _openSource;
    private readonly ExpertScheduler _scheduler;
    private readonly ISlotMemory _pool;
    private readonly IReadOnlyList<int> _layers; // [grid.NumLayers] layer of the model
    private readonly ExpertIndex _index;
    private readonly LayerRun _run;
    private readonly bool _hasTwins;
    private IExpertSource? _source; // null: every expert is resident
    private ExpertReaders? _readers; // null: every expert has been resident so far
    private PrefetchThread? _prefetch;
    private readonly ChoiceCounters _choices = new();
    private Routing? _routing; // of the running layer
    private long _passes;
    private long _stallTicks;
    private bool _isDisposed;

    /// <summary>Creates the cache; no expert is read yet.</summary>
    /// <param name="info">The model.</param>
    /// <param name="source">What experts are read from; disposed with the cache, or when all experts are resident.</param>
    /// <param name="openSource">Opens it again, should a smaller budget need it.</param>
    /// <param name="numSlots">Slots to begin with; as many as there are experts: all are resident, and nothing is evicted.</param>
    /// <param name="options">What is kept and loaded ahead when not all are resident.</param>
    /// <param name="slots">Where experts go; taken over; null: to host memory.</param>
    public ExpertCache(
        ModelInfo info, IExpertSource source, Func<IExpertSource> openSource, int numSlots, MoeOptions options, ISlotMemory? slots = null)
    {
        Grid = GridOf(info);
        _info = info;
        _options = options;
        _openSource = openSource;
        _layers = info.SparseLayers;
        _index = new ExpertIndex(info);
        Routers = new IRouterScores?[Grid.NumLayers];
        _source = source;
        _pool = slots ?? new SlotPool(Grid.Count, info.ExpertBytes);
        IEviction eviction = options.Offloading.CreateEviction(Grid);
        _hasTwins = source.Twins is not null;
        _scheduler = new ExpertScheduler(
            Grid, numSlots, Grid.Count, source.NumPieces, eviction, _pool.Release, source.Twins?.NumPieces ?? 0);
        _run = new LayerRun(Grid, _scheduler);
        try
        {
            SelectionSetup setup = new(Grid, info.Fingerprint, this) { Notice = text => options.Notice?.Invoke(text) };
            Selection = options.Offloading.CreateSelection(setup);
            if (numSlots < Grid.Count)
            {
                StartReaders();
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The experts.</summary>
    public ExpertGrid Grid { get; }

    /// <summary>The experts that the running layer computes next.</summary>
    public ExpertWave Wave => _run.Wave;

    /// <summary>Routers of the sparse layers, as far as they have been registered, [grid.NumLayers].</summary>
    public IRouterScores?[] Routers { get; }

    /// <summary>What decides which experts run; null: the routers alone.</summary>
    public ISelection? Selection { get; }

    /// <summary>Whether the running pass computes the tokens of the pass before again.</summary>
    public bool IsRepeat { get; private set; }

    /// <summary>The prefetcher that listens to passes, or null.</summary>
    public PrefetchThread? Prefetch => _prefetch;

    public static ExpertGrid GridOf(ModelInfo info) => new(info.SparseLayers.Count, info.NumExperts, info.TopK);

    /// <summary>Bytes of the buffers that reading and prefetching need beside the slots.</summary>
    public static long BufferBytes(ModelInfo info, MoeOptions options)
    {
        PrefetchSetup setup = PrefetchSetupOf(info, options);
        long prefetcher = options.Offloading.PrefetchSizeInBytes(setup);
        long selection = options.Offloading.IsExact ? 0 : Routing.SelectionBytes(info.TopK, options.PassRowsFor(info))
            + options.Offloading.SelectionSizeInBytes(setup.Grid);
        long ring = PrefetchThread.SizeInBytes(setup.Grid, setup.HiddenSize);
        long twins = options.Offloading.UsesTwins ? PackedTwins.BufferBytes(info, options.Readers) : 0;
        return ExpertReaders.BufferBytes(info.ExpertBytes, options.Readers) + twins + selection + (prefetcher == 0 ? 0 : prefetcher + ring);
    }

    /// <summary>First byte of an expert's slot, for a model whose experts are all resident.</summary>
    /// <param name="layer">0-based sparse layer of the model.</param>
    /// <param name="expert">0-based expert of the layer.</param>
    public byte* Address(int layer, int expert) => _pool.Address(_index.Of(layer, expert));

    /// <summary>Whether every expert has its slot, which it never leaves.</summary>
    public bool IsResident => _readers is null;

    /// <summary>The slot of an expert of a model whose experts are all resident.</summary>
    /// <param name="layer">0-based sparse layer of the model.</param>
    /// <param name="expert">0-based expert of the layer.</param>
    public int SlotOf(int layer, int expert) => _index.Of(layer, expert);

    /// <summary>The layer of the grid for a sparse layer of the model.</summary>
    public int SparseLayerOf(int layer) => Grid.LayerOf(_index.Of(layer, 0));

    /// <summary>Where an expert is, if it is in memory; it may leave it at any time unless all are resident.</summary>
    /// <param name="layer">0-based sparse layer of the model.</param>
    /// <param name="expert">0-based expert of the layer.</param>
    /// <param name="slot">The place.</param>
    public bool TryFind(int layer, int expert, out ExpertSlot slot)
    {
        bool isReady = _scheduler.TryFind(_index.Of(layer, expert), out int index);
        slot = isReady ? SlotAt(index) : default;
        return isReady;
    }

    bool IResidency.IsResident(int layer, int expert) => _scheduler.TryFind(Grid.KeyOf(layer, expert), out _);

    /// <summary>The place of a slot.</summary>
    public ExpertSlot SlotAt(int slot) => new(_pool.Address(slot));

    /// <summary>Opens what experts are read from once more, for a caller who disposes it.</summary>
    public IExpertSource OpenSource() => _openSource();

    /// <summary>Every expert has been read to its <see cref="Address(int, int)"/>: the files are of no more use.</summary>
    public void AdmitAll()
    {
        _scheduler.AdmitAll();
        _source?.Dispose();
        _source = null;
    }

    /// <summary>A pass begins.</summary>
    /// <param name="start">The pass.</param>
    public void StartPass(in SelectionPass start)
    {
        _passes++;
        _passStart = Stopwatch.GetTimestamp();
        _isDecode = start.IsDecode;
        IsRepeat = start.IsRepeat;
        _scheduler.StartPass();
        Selection?.OnPassStart(start);
    }

    /// <summary>A layer has been routed under a selection.</summary>
    /// <param name="layer">0-based layer of the model.</param>
    /// <param name="routing">What the router chose, and what runs.</param>
    /// <param name="normed">What the router has seen, [numTokens, hidden].</param>
    /// <param name="numTokens">Tokens of the pass.</param>
    public void OnSelected(int layer, Routing routing, Activations normed, int numTokens)
    {
        if (Selection is not null)
        {
            _choices.Count(routing, numTokens);
            Selection.OnRouted(new SelectedLayer(SparseLayerOf(layer), routing, normed, numTokens));
        }
    }

    /// <summary>A pass has ended, and what it says of one of its segments is known.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="logits">Scores of the vocabulary after its last token; empty: nobody asked for them.</param>
    /// <returns>Whether its tokens are to be run again.</returns>
    public bool IsToBeRepeated(in Segment segment, ReadOnlySpan<float> logits)
    {
        if (Selection is null)
        {
            return false;
        }

        bool isRepeated = Selection.OnPassEnd(segment, logits);
        _choices.CountStep(segment.IsDecode && !IsRepeat, isRepeated);
        return isRepeated;
    }

    /// <summary>A layer has been routed: leases what is there and asks for the rest. The first wave is empty when nothing is there.</summary>
    /// <param name="layer">0-based layer of the model.</param>
    /// <param name="routing">Which experts the tokens have chosen.</param>
    /// <param name="isNewSequence">Whether the pass is the first of all its sequences.</param>
    public void StartLayer(int layer, Routing routing, bool isNewSequence)
    {
        ReleaseWave();
        _routing = routing;
        int sparseLayer = SparseLayerOf(layer);
        ReadOnlySpan<bool> takesTwin = _hasTwins && Selection is not null ? Selection.TakesTwin(sparseLayer) : default;
        _run.Start(sparseLayer, isNewSequence);
        for (int expert = 0; expert < Grid.NumExperts; expert++)
        {
            Share entries = routing.EntriesOf(expert);
            if (entries.End > entries.Start)
            {
                _run.Add(expert, entries.End - entries.Start, !takesTwin.IsEmpty && takesTwin[expert]);
            }
        }

        CountTwins();

        if (_run.NumMissing > 0)
        {
            RequestMissing();
        }

        Wave.IsLast = _run.NumMissing == 0;
    }

    /// <summary>The wave has been computed: the next one, which may have to be waited for.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ExpertReadException">An expert cannot be read.</exception>
    public void NextWave(CancellationToken cancellationToken)
    {
        ReleaseWave();
        WaitForWave(cancellationToken);
        CountTwins();
        Wave.IsLast = _run.NumMissing == 0;
    }

    /// <summary>The pass has ended, or was interrupted: nothing that it wanted is wanted any more.</summary>
    /// <param name="isComplete">Whether it ran to its end.</param>
    public void EndPass(bool isComplete)
    {
        ReleaseWave();
        Wave.IsLast = true;
        if (isComplete)
        {
            MeasureStep();
            _prefetch?.TellEnd();
        }
        else if (_readers is not null)
        {
            lock (_gate)
            {
                _scheduler.EndLayer();
                _scheduler.Abandon();
            }
        }
    }

    /// <summary>Uses another number of slots from now on. Called between passes.</summary>
    /// <param name="numSlots">Slots, at most as many as there are experts.</param>
    /// <exception cref="MoeGenException">All experts were resident, and the files they came from are gone or others.</exception>
    public void Resize(int numSlots)
    {
        numSlots = Math.Min(numSlots, _pool.MaxSlots);
        if (_readers is null && numSlots < Grid.Count)
        {
            _source ??= _openSource();
            StartReaders();
        }

        (Selection as IResidentSelection)?.Resize(numSlots);
        lock (_gate)
        {
            _scheduler.Resize(numSlots);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Says how probable the experts of a layer are.</summary>
    public void Expect(int layer, ReadOnlySpan<float> probabilities)
    {
        lock (_gate)
        {
            probabilities.CopyTo(_scheduler.Usage.Probability.AsSpan(Grid.KeyOf(layer, 0)));
        }
    }

    /// <summary>Asks for an expert before its layer runs.</summary>
    public void RequestPrefetch(long pass, int layer, int expert, float probability)
    {
        lock (_gate)
        {
            if (_scheduler.Prefetch(pass, Grid.KeyOf(layer, expert), probability))
            {
                Monitor.PulseAll(_gate);
            }
        }
    }

    /// <summary>The running pass, counted from 1.</summary>
    public long Pass => _scheduler.Pass;

    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            Selection?.Dispose();
            _prefetch?.Dispose();
            _readers?.Dispose();
            _source?.Dispose();
            _pool.Dispose();
        }
    }

    private static PrefetchSetup PrefetchSetupOf(ModelInfo info, MoeOptions options) =>
        new(GridOf(info), info.HiddenSize, info.Fingerprint) { MaxSequences = options.MaxBatch };

    private void StartReaders()
    {
        // first what may refuse: the file of a prefetcher's memory
        IPrefetch? prefetch = _options.Offloading.CreatePrefetch(PrefetchSetupOf(_info, _options));
        _prefetch = prefetch is null ? null : new PrefetchThread(prefetch, this, _info);
        _readers = new ExpertReaders(_gate, _scheduler, Grid, _layers, _source!, _pool, _options.Readers);
    }

    private void RequestMissing()
    {
        if (Selection is IResidentSelection selection)
        {
            _run.SortMissing(selection.Worth);
        }

        lock (_gate)
        {
            for (int i = 0; i < _run.NumMissing; i++)
            {
                _ = _readers!.TryTakeFault(_run.MissingKeyAt(i), out _); // of an earlier attempt
            }

            _run.RequestMissing();
            Monitor.PulseAll(_gate);
        }
    }

    private void WaitForWave(CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        lock (_gate)
        {
            // slots that were just released may be what the readers wait for
            Monitor.PulseAll(_gate);
            while (!TryCollectWave())
            {
                cancellationToken.ThrowIfCancellationRequested();
                Monitor.Wait(_gate, InterruptionIntervalMs);
            }
        }

        _stallTicks += Stopwatch.GetTimestamp() - start;
    }

    private void CountTwins()
    {
        for (int i = 0; _hasTwins && i < Wave.Count; i++)
        {
            if (_run.IsTwin(i))
            {
                _choices.CountTwin(_routing!, Wave.ExpertAt(i));
            }
        }
    }

    private bool TryCollectWave()
    {
        for (int i = 0; i < _run.NumMissing; i++)
        {
            int key = _run.MissingKeyAt(i);
            if (!_scheduler.IsRequested(key) && _readers!.TryTakeFault(key, out Exception? fault))
            {
                throw fault!;
            }
        }

        bool hasArrived = _run.CollectArrived();
        if (_run.RequestDropped())
        {
            Monitor.PulseAll(_gate);
        }

        return hasArrived;
    }

    private void ReleaseWave()
    {
        _run.Release();
        if (_readers is not null && !_scheduler.KeepsUsedExperts && Wave.Count > 0)
        {
            lock (_gate)
            {
                _run.GiveUp();
            }
        }

        Wave.Clear();
    }
}
