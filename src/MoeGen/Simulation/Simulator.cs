using MoeGen.Experts;
using MoeGen.Experts.Cache;
using MoeGen.Experts.Prefetch;
using MoeGen.Traces;

namespace MoeGen.Simulation;

/// <summary>
/// Replays a trace in virtual time: pass by pass, layer by layer, through the scheduler, the eviction and the prefetcher of a real run. The
/// same setup gives the same result, bit for bit, on any machine.
/// </summary>
/// <remarks>
/// A pass is a chunk of a prompt or a decoded token. Each of its layers takes the time of its share of the dense weights; then its experts
/// compute, those that are there first, the others in waves as they arrive. The layer ends when the last device does. The dense part is
/// computed once, whatever the number of devices, and activations travel between them in no time.
/// </remarks>
internal sealed class Simulator
{
    private readonly SimulationSetup _setup;
    private readonly ExpertGrid _grid;
    private readonly HardwareProfile _hardware;
    private readonly VirtualDevice[] _devices;
    private readonly VirtualPrefetcher? _prefetcher;
    private readonly TracePass _pass;
    private readonly int[] _tokensOf; // [experts] tokens that chose each expert of the running layer
    private readonly int[] _sequenceOf; // [layers] sequence that each layer ran for last, -1: none
    private readonly PhaseTotals _prefill = new();
    private readonly PhaseTotals _decode = new();
    private readonly List<long> _ttftNs = [];
    private readonly List<long> _tpotNs = [];
    private long _nowNs;

    private Simulator(SimulationSetup setup)
    {
        _setup = setup;
        _grid = setup.Grid;
        _hardware = setup.Hardware;
        _devices = [.. Enumerable.Range(0, _hardware.Devices).Select(index => new VirtualDevice(setup, index))];
        _pass = new TracePass(setup.Trace.Info);
        _tokensOf = new int[_grid.NumExperts];
        _sequenceOf = new int[_grid.NumLayers];
        Array.Fill(_sequenceOf, -1);
        IPrefetch? prefetch = setup.Policy.CreatePrefetch(setup);
        _prefetcher = prefetch is null ? null : new VirtualPrefetcher(prefetch, setup, _devices);
    }

    /// <summary>Runs one simulation.</summary>
    /// <param name="setup">What is simulated.</param>
    /// <param name="cancellationToken">Ends it between two passes.</param>
    /// <param name="onPass">Hears how many passes are done.</param>
    /// <exception cref="TraceException">A value of the trace makes no sense.</exception>
    public static SimulationResult Run(SimulationSetup setup, CancellationToken cancellationToken, Action<int>? onPass = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(setup.NumSlots, setup.Hardware.Devices);
        Simulator simulator = new(setup);
        try
        {
            simulator.RunPasses(cancellationToken, onPass);
            return simulator.Result();
        }
        finally
        {
            simulator._prefetcher?.Dispose();
        }
    }

    private void RunPasses(CancellationToken cancellationToken, Action<int>? onPass)
    {
        TraceReader reader = _setup.Trace.CreateReader();
        for (int index = 0; index < _setup.Trace.Passes.Count; index++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            TracePassInfo info = _setup.Trace.Passes[index];
            bool isTraining = info.Sequence < _setup.TrainSequences;
            if (!isTraining || _prefetcher is not null)
            {
                reader.Read(index, _pass);
            }

            // passes of the training are counted, so that a pass has the same number for all
            foreach (VirtualDevice device in _devices)
            {
                device.StartPass();
            }

            if (isTraining)
            {
                Train(index + 1);
            }
            else
            {
                Run(index + 1, info);
            }

            onPass?.Invoke(index + 1);
        }
    }

    private void Train(long number)
    {
        if (_prefetcher is null)
        {
            return;
        }

        _prefetcher.TellStart(null, number, _pass);
        for (int layer = 0; layer < _grid.NumLayers; layer++)
        {
            if (CountTokens(layer))
            {
                _prefetcher.TellRouted(null, number, layer, _pass);
            }
        }

        _prefetcher.TellEnd(null, number);
    }

    private void Run(long number, in TracePassInfo info)
    {
        PhaseTotals phase = info.IsPrompt ? _prefill : _decode;
        UseCounts before = Counts();
        long startNs = _nowNs, denseBytes = _setup.Trace.Info.DenseBytes / _grid.NumLayers;
        _prefetcher?.TellStart(_nowNs, number, _pass);
        for (int layer = 0; layer < _grid.NumLayers; layer++)
        {
            // a pass of a model with two stacks walks the layers of one
            if (CountTokens(layer))
            {
                _nowNs += _hardware.LayerNs(denseBytes, info.NumTokens);
                RunLayer(number, layer, phase);
            }
        }

        _nowNs += _hardware.PassNs;
        foreach (VirtualDevice device in _devices)
        {
            device.EndPass(_nowNs);
        }

        _prefetcher?.TellEnd(_nowNs, number);
        phase.Add(info.NumTokens, _nowNs - startNs, Counts() - before);
        if (!info.IsPrompt)
        {
            _tpotNs.Add(_nowNs - startNs);
        }
        else if (info.IsNewSequence)
        {
            _ttftNs.Add(_nowNs - startNs);
        }
        else
        {
            _ttftNs[^1] += _nowNs - startNs;
        }
    }

    private void RunLayer(long number, int layer, PhaseTotals phase)
    {
        bool isNewSequence = _sequenceOf[layer] != _pass.Sequence;
        _sequenceOf[layer] = _pass.Sequence;
        foreach (VirtualDevice device in _devices)
        {
            device.StartLayer(_nowNs, layer, isNewSequence, _tokensOf);
        }

        _prefetcher?.TellRouted(_nowNs, number, layer, _pass);
        long startNs = _nowNs, longestNs = 0;
        foreach (VirtualDevice device in _devices)
        {
            (long endNs, long computeNs) = device.FinishLayer();
            _nowNs = Math.Max(_nowNs, endNs);
            longestNs = Math.Max(longestNs, computeNs);
        }

        phase.StallNs += _nowNs - startNs - longestNs;
    }

    // whether any token has chosen an expert of the layer
    private bool CountTokens(int layer)
    {
        Array.Clear(_tokensOf);
        bool isWalked = false;
        for (int token = 0; token < _pass.NumTokens; token++)
        {
            foreach (int expert in _pass.ExpertsOf(token, layer))
            {
                if (expert != Routing.Dropped)
                {
                    _tokensOf[expert]++;
                    isWalked = true;
                }
            }
        }

        return isWalked;
    }

    private UseCounts Counts() => _devices.Aggregate(default(UseCounts), (sum, device) => sum + device.Counts);

    private SimulationResult Result()
    {
        _ttftNs.Sort();
        _tpotNs.Sort();
        return new SimulationResult
        {
            Policy = _setup.Policy.Name,
            NumSlots = _setup.Policy.IsResident ? _grid.Count : _setup.NumSlots,
            Prefill = _prefill.ToResult(),
            Decode = _decode.ToResult(),
            TtftNs = _ttftNs,
            TpotNs = _tpotNs,
            Prefetches = Sum(counters => counters.Prefetches),
            UsefulPrefetches = Sum(counters => counters.UsefulPrefetches),
            WastedPrefetches = Sum(counters => counters.WastedPrefetches),
            StalePrefetches = Sum(counters => counters.StalePrefetches),
            OutbidPrefetches = Sum(counters => counters.OutbidPrefetches),
            ThrottledPrefetches = Sum(counters => counters.ThrottledPrefetches),
            DroppedMessages = _prefetcher?.DroppedMessages ?? 0,
            Evictions = Sum(counters => counters.Evictions),
        };
    }

    private long Sum(Func<SchedulerCounters, long> counter) => _devices.Sum(device => counter(device.Scheduler.Counters));

    private sealed class PhaseTotals
    {
        private long _passes;
        private long _tokens;
        private long _timeNs;
        private UseCounts _counts;

        public long StallNs { get; set; }

        public void Add(int numTokens, long timeNs, UseCounts counts)
        {
            _passes++;
            _tokens += numTokens;
            _timeNs += timeNs;
            _counts += counts;
        }

        public PhaseResult ToResult() =>
            new() { Passes = _passes, Tokens = _tokens, Counts = _counts, TimeNs = _timeNs, StallNs = StallNs };
    }
}
