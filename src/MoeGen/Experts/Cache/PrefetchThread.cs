using System.Diagnostics;
using MoeGen.Engine;
using MoeGen.Experts.Prefetch;
using MoeGen.Kernels;
using MoeGen.Memory;

namespace MoeGen.Experts.Cache;

/// <summary>
/// Runs a prefetcher on a thread of its own. The thread of the model copies what it has to tell into a ring and goes on; when the ring is
/// full, the rest of the pass is not told. One writer, one reader, no lock.
/// </summary>
internal sealed unsafe class PrefetchThread : IPredictions, IDisposable
{
    /// <summary>
    /// Tokens of a pass that a prefetcher hears of: the last ones of each sequence. A prompt's tail is what decoding goes on from.
    /// </summary>
    public const int MaxTokens = 32;

    /// <summary>Messages that wait at most; what comes then is dropped.</summary>
    public const int MaxMessages = 256;

    private const int PassesInRing = 2; // one that is being read, one that is being written

    private readonly IPrefetch _prefetch;
    private readonly ExpertCache _cache;
    private readonly RouterProbabilities _kind;
    private readonly int _hiddenSize;
    private readonly float[] _ring; // data of messages, each in one piece
    private readonly PassMessage[] _messages = new PassMessage[MaxMessages];
    private readonly NativeBuffer _nextLogitsBuffer;
    private readonly Activations _nextLogits; // [1, experts]
    private readonly SegmentTails _tails = new(MaxTokens); // the tokens of the pass that are told
    private readonly int[] _chosen; // [MaxTokens, topK] of the message that is handled
    private readonly int[] _segmentEnds = new int[MaxTokens]; // of the message that is handled
    private readonly object _wake = new();
    private readonly Thread _thread;
    private long _writtenFloats;
    private long _readFloats;
    private long _writtenMessages;
    private long _readMessages;
    private long _busyTicks;
    private long _currentPass; // of the message that is handled
    private long _toldPass = -1; // the pass that is told from its start, if that is the running one
    private bool _isSleeping;
    private volatile bool _isStopping;

    public PrefetchThread(IPrefetch prefetch, ExpertCache cache, ModelInfo info)
    {
        _prefetch = prefetch;
        _cache = cache;
        _kind = info.RouterProbabilities;
        _hiddenSize = info.HiddenSize;
        ExpertGrid grid = cache.Grid;
        _ring = new float[RingSize(grid, info.HiddenSize)];
        _chosen = new int[MaxTokens * grid.TopK];
        _nextLogitsBuffer = new NativeBuffer(new Activations(null, grid.NumExperts).Stride * sizeof(float));
        _nextLogits = new Activations((float*)_nextLogitsBuffer.Pointer, grid.NumExperts);
        _thread = new Thread(Run) { IsBackground = true, Name = $"MoeGen prefetch {prefetch.Name}" };
        _thread.Start();
    }

    /// <summary>Messages that found the ring full.</summary>
    public long DroppedMessages { get; private set; }

    /// <summary>Time in which the prefetcher computed.</summary>
    public TimeSpan BusyTime => Stopwatch.GetElapsedTime(0, Volatile.Read(ref _busyTicks));

    /// <summary>Bytes of the ring.</summary>
    public static long SizeInBytes(ExpertGrid grid, int hiddenSize) => RingSize(grid, hiddenSize) * (long)sizeof(float);

    /// <summary>Tells of a pass whose tokens have been embedded.</summary>
    /// <param name="hidden">The embeddings, [tokens, hidden].</param>
    /// <param name="segments">The sequences of the pass.</param>
    /// <param name="isNewSequence">Whether it is the first of all its sequences.</param>
    /// <param name="isRepeat">Whether its tokens are those of the pass before.</param>
    public void TellStart(Activations hidden, ReadOnlySpan<Segment> segments, bool isNewSequence, bool isRepeat)
    {
        _tails.Pick(segments);
        ReadOnlySpan<int> rows = _tails.Rows, ends = _tails.Ends;
        _toldPass = _cache.Pass;
        if (TryReserve((rows.Length * _hiddenSize) + ends.Length, out Span<float> data, out int offset))
        {
            CopyRows(hidden, rows, _hiddenSize, data);
            for (int i = 0; i < ends.Length; i++)
            {
                data[(rows.Length * _hiddenSize) + i] = ends[i];
            }

            Publish(new PassMessage(MessageKind.Start, _cache.Pass, -1, rows.Length, offset, HasNext: false)
            {
                NumSegments = ends.Length,
                IsNewSequence = isNewSequence,
                IsRepeat = isRepeat,
            });
        }
    }

    /// <summary>Tells of a layer that has been routed.</summary>
    /// <param name="layer">0-based sparse layer.</param>
    /// <param name="routing">Logits and choices of all tokens.</param>
    /// <param name="normed">What the router has seen, [tokens, hidden].</param>
    /// <param name="numTokens">Tokens of the pass.</param>
    /// <remarks>Nothing is told where <see cref="TellStart"/> was not called for the pass: nobody hears of an encoder.</remarks>
    public void TellRouted(int layer, Routing routing, Activations normed, int numTokens)
    {
        if (_toldPass != _cache.Pass)
        {
            return;
        }

        int numExperts = routing.NumExperts, topK = routing.TopK;
        ReadOnlySpan<int> tokens = _tails.Rows;
        int rows = tokens.Length;
        IRouterScores? next = _prefetch.NeedsNextRouter && layer + 1 < _cache.Routers.Length ? _cache.Routers[layer + 1] : null;
        int length = (rows * (numExperts + topK)) + (next is null ? 0 : numExperts);
        if (!TryReserve(length, out Span<float> data, out int offset))
        {
            return;
        }

        CopyRows(routing.Logits, tokens, numExperts, data);
        Span<float> chosen = data.Slice(rows * numExperts, rows * topK);
        for (int row = 0; row < rows; row++)
        {
            Span<int> ids = routing.TopKIds(tokens[row]);
            for (int k = 0; k < topK; k++)
            {
                chosen[(row * topK) + k] = ids[k];
            }
        }

        if (next is not null)
        {
            next.Score(normed, numTokens - 1, _nextLogits);
            _nextLogits[0].CopyTo(data[(rows * (numExperts + topK))..]);
        }

        Publish(new PassMessage(MessageKind.Routed, _cache.Pass, layer, rows, offset, HasNext: next is not null));
    }

    /// <summary>Tells of the end of a pass.</summary>
    public void TellEnd()
    {
        if (_toldPass == _cache.Pass && TryReserve(0, out _, out int offset))
        {
            Publish(new PassMessage(MessageKind.End, _cache.Pass, -1, 0, offset, HasNext: false));
        }
    }

    public void Dispose()
    {
        _isStopping = true;
        lock (_wake)
        {
            Monitor.Pulse(_wake);
        }

        _thread.Join();
        _prefetch.Dispose();
        _nextLogitsBuffer.Dispose();
    }

    void IPredictions.Expect(int layer, ReadOnlySpan<float> probabilities) => _cache.Expect(layer, probabilities);

    void IPredictions.Prefetch(int layer, int expert, float probability) =>
        _cache.RequestPrefetch(_currentPass, layer, expert, probability);

    private static int RingSize(ExpertGrid grid, int hiddenSize) =>
        checked(PassesInRing * MaxTokens * (hiddenSize + 1 + (grid.NumLayers * ((2 * grid.NumExperts) + grid.TopK))));

    private static void CopyRows(Activations activations, ReadOnlySpan<int> rows, int width, Span<float> destination)
    {
        for (int i = 0; i < rows.Length; i++)
        {
            activations[rows[i]][..width].CopyTo(destination[(i * width)..]);
        }
    }

    // room for a message in one piece; what is left at the end of the ring is skipped
    private bool TryReserve(int length, out Span<float> data, out int offset)
    {
        offset = (int)(_writtenFloats % _ring.Length);
        int skipped = offset + length > _ring.Length ? _ring.Length - offset : 0;
        bool fits = _writtenFloats + skipped + length - Volatile.Read(ref _readFloats) <= _ring.Length
            && _writtenMessages - Volatile.Read(ref _readMessages) < MaxMessages;
        if (!fits)
        {
            // half a pass is of no use to anybody
            DroppedMessages++;
            _toldPass = -1;
            data = default;
            return false;
        }

        offset = skipped > 0 ? 0 : offset;
        _writtenFloats += skipped + length;
        data = _ring.AsSpan(offset, length);
        return true;
    }

    private void Publish(PassMessage message)
    {
        _messages[_writtenMessages % MaxMessages] = message with { EndOfData = _writtenFloats };
        Interlocked.Increment(ref _writtenMessages);
        if (Volatile.Read(ref _isSleeping))
        {
            lock (_wake)
            {
                Monitor.Pulse(_wake);
            }
        }
    }

    private void Run()
    {
        while (WaitForMessage())
        {
            long start = Stopwatch.GetTimestamp();
            PassMessage message = _messages[_readMessages % MaxMessages];
            Handle(message);
            Volatile.Write(ref _readFloats, message.EndOfData);
            Volatile.Write(ref _readMessages, _readMessages + 1);
            Volatile.Write(ref _busyTicks, _busyTicks + Stopwatch.GetTimestamp() - start);
        }
    }

    private bool WaitForMessage()
    {
        if (Volatile.Read(ref _writtenMessages) == _readMessages)
        {
            lock (_wake)
            {
                // said before the count is read again: either this thread sees the message, or the writer sees a sleeper
                Volatile.Write(ref _isSleeping, true);
                Interlocked.MemoryBarrier();
                while (!_isStopping && Volatile.Read(ref _writtenMessages) == _readMessages)
                {
                    Monitor.Wait(_wake);
                }

                _isSleeping = false;
            }
        }

        return !_isStopping;
    }

    private void Handle(in PassMessage message)
    {
        _currentPass = message.Pass;
        switch (message.Kind)
        {
            case MessageKind.Start:
                HandleStart(message);
                break;
            case MessageKind.Routed:
                HandleRouted(message);
                break;
            default:
                _prefetch.OnPassEnd();
                break;
        }
    }

    private void HandleStart(in PassMessage message)
    {
        ReadOnlySpan<float> embeddings = _ring.AsSpan(message.Offset, message.NumTokens * _hiddenSize);
        ReadOnlySpan<float> ends = _ring.AsSpan(message.Offset + embeddings.Length, message.NumSegments);
        for (int i = 0; i < ends.Length; i++)
        {
            _segmentEnds[i] = (int)ends[i];
        }

        PassStart start = new(
            message.Pass, message.IsNewSequence, message.NumTokens, embeddings, message.IsRepeat, _segmentEnds.AsSpan(0, ends.Length));
        _prefetch.OnPassStart(start, this);
    }

    private void HandleRouted(in PassMessage message)
    {
        int numExperts = _cache.Grid.NumExperts, topK = _cache.Grid.TopK, rows = message.NumTokens;
        Span<float> probabilities = _ring.AsSpan(message.Offset, rows * numExperts);
        ToProbabilities(probabilities, numExperts);
        ReadOnlySpan<float> chosenFloats = _ring.AsSpan(message.Offset + (rows * numExperts), rows * topK);
        for (int i = 0; i < chosenFloats.Length; i++)
        {
            _chosen[i] = (int)chosenFloats[i];
        }

        Span<float> next = message.HasNext ? _ring.AsSpan(message.Offset + (rows * (numExperts + topK)), numExperts) : default;
        ToProbabilities(next, numExperts);
        RoutedLayer routed = new(message.Layer, rows, probabilities, _chosen.AsSpan(0, chosenFloats.Length), next);
        _prefetch.OnRouted(routed, this);
    }

    private void ToProbabilities(Span<float> logits, int numExperts)
    {
        for (int first = 0; first < logits.Length; first += numExperts)
        {
            RouterDistribution.FromLogits(logits.Slice(first, numExperts), _kind);
        }
    }

    private enum MessageKind
    {
        Start,
        Routed,
        End,
    }

    private readonly record struct PassMessage(MessageKind Kind, long Pass, int Layer, int NumTokens, int Offset, bool HasNext)
    {
        public int NumSegments { get; init; }

        public bool IsNewSequence { get; init; }

        public bool IsRepeat { get; init; }

        public long EndOfData { get; init; } // floats of the ring that are free once the message has been handled
    }
}
