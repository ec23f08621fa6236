using MoeGen.Experts;
using MoeGen.Experts.Cache;
using MoeGen.Experts.Prefetch;
using MoeGen.Traces;

namespace MoeGen.Simulation;

/// <summary>
/// A prefetcher and the thread that it has in a real run, in virtual time: it hears the same messages in the same order, takes its time for
/// each, one after the other, and misses the rest of a pass when too many wait. What it computes depends on the messages alone, so it is
/// asked at once, and the answer held back until its time has passed.
/// </summary>
internal sealed class VirtualPrefetcher : IDisposable
{
    private readonly IPrefetch _prefetch;
    private readonly ExpertGrid _grid;
    private readonly int _hiddenSize;
    private readonly bool _hasNext;
    private readonly long _messageNs;
    private readonly IReadOnlyList<VirtualDevice> _devices;
    private readonly Queue<long> _pending = new(); // when the messages that wait will have been handled
    private readonly float[] _probabilities; // [MaxTokens, experts] of the message
    private readonly int[] _chosen; // [MaxTokens, topK] of the message
    private long _busyUntilNs;
    private int _sequence = -1; // of the pass whose start was told last
    private bool _isTelling; // whether the running pass is told from its start

    /// <summary>Takes over a prefetcher.</summary>
    /// <param name="prefetch">Disposed with this.</param>
    /// <param name="setup">What is simulated.</param>
    /// <param name="devices">Who hears its predictions.</param>
    public VirtualPrefetcher(IPrefetch prefetch, SimulationSetup setup, IReadOnlyList<VirtualDevice> devices)
    {
        _prefetch = prefetch;
        _grid = setup.Grid;
        _hiddenSize = setup.Trace.Info.HiddenSize;
        _hasNext = prefetch.NeedsNextRouter && setup.Trace.HasNextProbabilities;
        _messageNs = setup.Policy.KnowsFuture ? 0 : setup.Hardware.PrefetchNs;
        _devices = devices;
        _probabilities = new float[PrefetchThread.MaxTokens * _grid.NumExperts];
        _chosen = new int[PrefetchThread.MaxTokens * _grid.TopK];
    }

    /// <summary>Messages that found too many others waiting.</summary>
    public long DroppedMessages { get; private set; }

    /// <summary>Tells of a pass whose tokens have been embedded. As in a real run, nobody is told of an encoder.</summary>
    /// <param name="nowNs">When; null: before the simulation, where nothing is predicted and no time passes.</param>
    /// <param name="number">Number of the pass, counted from 1.</param>
    /// <param name="pass">The pass.</param>
    public void TellStart(long? nowNs, long number, TracePass pass)
    {
        if (!pass.Embeddings.ContainsAnyExcept(0f))
        {
            _isTelling = false;
            return;
        }

        bool isNewSequence = pass.Sequence != _sequence;
        _sequence = pass.Sequence;
        _isTelling = true;
        if (TryTell(nowNs))
        {
            int rows = Math.Min(pass.NumTokens, PrefetchThread.MaxTokens);
            PredictionBatch batch = new(number);
            _prefetch.OnPassStart(new PassStart(number, isNewSequence, rows, pass.Embeddings[^(rows * _hiddenSize)..]), batch);
            Publish(nowNs, batch);
        }
    }

    /// <summary>Tells of a layer that has been routed.</summary>
    public void TellRouted(long? nowNs, long number, int layer, TracePass pass)
    {
        if (TryTell(nowNs))
        {
            int rows = Math.Min(pass.NumTokens, PrefetchThread.MaxTokens);
            for (int row = 0; row < rows; row++)
            {
                int token = pass.NumTokens - rows + row;
                pass.ProbabilitiesOf(token, layer).CopyTo(_probabilities.AsSpan(row * _grid.NumExperts));
                pass.ExpertsOf(token, layer).CopyTo(_chosen.AsSpan(row * _grid.TopK));
            }

            bool hasNext = _hasNext && layer + 1 < _grid.NumLayers;
            ReadOnlySpan<float> next = hasNext ? pass.NextProbabilitiesOf(pass.NumTokens - 1, layer) : default;
            RoutedLayer routed = new(
                layer, rows, _probabilities.AsSpan(0, rows * _grid.NumExperts), _chosen.AsSpan(0, rows * _grid.TopK), next);
            PredictionBatch batch = new(number);
            _prefetch.OnRouted(routed, batch);
            Publish(nowNs, batch);
        }
    }

    /// <summary>Tells of the end of a pass.</summary>
    public void TellEnd(long? nowNs, long number)
    {
        if (TryTell(nowNs))
        {
            _prefetch.OnPassEnd();
            Publish(nowNs, new PredictionBatch(number));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _prefetch.Dispose();

    private bool TryTell(long? nowNs)
    {
        while (_pending.TryPeek(out long endNs) && endNs <= nowNs)
        {
            _ = _pending.Dequeue();
        }

        if (_isTelling && _pending.Count >= PrefetchThread.MaxMessages)
        {
            DroppedMessages++;
            _isTelling = false;
        }

        return _isTelling;
    }

    private void Publish(long? nowNs, PredictionBatch batch)
    {
        if (nowNs is not { } ns)
        {
            return;
        }

        _busyUntilNs = Math.Max(ns, _busyUntilNs) + _messageNs;
        batch.ReadyNs = _busyUntilNs;
        _pending.Enqueue(_busyUntilNs);
        foreach (VirtualDevice device in _devices)
        {
            device.Deliver(batch);
        }
    }
}
