using System.Diagnostics;
using MoeGen.Weights;

namespace MoeGen.Experts.Cache;

/// <summary>
/// The threads that read experts into slots: several reads are in flight, and each thread takes the most urgent piece next, so that a miss
/// waits for a piece and not for an expert.
/// </summary>
internal sealed unsafe class ExpertReaders : IDisposable
{
    // a disk that fails three times in a row is broken, not busy
    private const int MaxAttempts = 3;
    private const int FirstPauseMs = 2; // doubled with each attempt

    private readonly object _gate; // guards the scheduler and everything here that changes; pulsed when an expert arrives
    private readonly ExpertScheduler _scheduler;
    private readonly IExpertSource _source;
    private readonly ISlotMemory _pool;
    private readonly IReadOnlyList<int> _layers; // [grid.NumLayers] layer of the model
    private readonly ExpertGrid _grid;
    private readonly Thread[] _threads;
    private readonly Dictionary<int, Exception> _faults = []; // by key, of reads that failed for good
    private readonly long[] _bytesRead = new long[Enum.GetValues<CopyPriority>().Length]; // by priority
    private long _swapTicks; // that threads spent reading swaps
    private long _retries;
    private bool _isStopping;

    /// <summary>Starts the threads.</summary>
    /// <param name="gate">Lock of the scheduler.</param>
    /// <param name="scheduler">Says what is read next.</param>
    /// <param name="grid">The experts.</param>
    /// <param name="layers">Layer of the model for each sparse layer.</param>
    /// <param name="source">What is read.</param>
    /// <param name="pool">Where it goes.</param>
    /// <param name="count">Threads.</param>
    public ExpertReaders(
        object gate, ExpertScheduler scheduler, ExpertGrid grid, IReadOnlyList<int> layers, IExpertSource source, ISlotMemory pool, int count)
    {
        _gate = gate;
        _scheduler = scheduler;
        _grid = grid;
        _layers = layers;
        _source = source;
        _pool = pool;
        _threads = new Thread[count];
        for (int i = 0; i < count; i++)
        {
            _threads[i] = new Thread(Run) { IsBackground = true, Name = $"MoeGen reader {i}" };
            _threads[i].Start();
        }
    }

    /// <summary>Bytes that readers hold at most: rows as a checkpoint has them, and the same rows in float32.</summary>
    /// <param name="expertBytes">Bytes of an expert.</param>
    /// <param name="count">Readers.</param>
    public static long BufferBytes(long expertBytes, int count) => count * (Math.Min(4 * expertBytes, RowReader.UsualBytes) + DirectFile.BounceBytes);

    /// <summary>Reads that were tried again; read under the gate.</summary>
    public long Retries => _retries;

    /// <summary>Bytes read for one priority; read under the gate.</summary>
    public long BytesRead(CopyPriority priority) => _bytesRead[(int)priority];

    /// <summary>Time that reading a byte of a swap takes, ticks of <see cref="Stopwatch"/>; 0: none has been read. Read under the gate.</summary>
    public double SwapTicksPerByte => BytesRead(CopyPriority.Swap) == 0 ? 0 : _swapTicks / (double)BytesRead(CopyPriority.Swap);

    /// <summary>Takes the fault of an expert that could not be read, if there is one. Called under the gate.</summary>
    public bool TryTakeFault(int key, out Exception? fault) => _faults.Remove(key, out fault);

    public void Dispose()
    {
        lock (_gate)
        {
            _isStopping = true;
            Monitor.PulseAll(_gate);
        }

        foreach (Thread thread in _threads)
        {
            thread.Join();
        }
    }

    private void Run()
    {
        while (WaitForPiece() is { } piece)
        {
            long start = Stopwatch.GetTimestamp();
            Exception? fault = Read(piece);
            if (Complete(piece, fault, Stopwatch.GetTimestamp() - start))
            {
                // the last piece: nobody else touches the expert until it is admitted
                Admit(piece.Key, piece.IsTwin ? null : Verify(piece));
            }
        }
    }

    private CopyPiece? WaitForPiece()
    {
        lock (_gate)
        {
            while (!_isStopping)
            {
                if (_scheduler.TryTake(out CopyPiece piece))
                {
                    return piece;
                }

                Monitor.Wait(_gate);
            }

            return null;
        }
    }

    private Exception? Read(in CopyPiece piece)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                (int layer, int expert) = (_layers[_grid.LayerOf(piece.Key)], _grid.ExpertOf(piece.Key));
                if (piece.IsTwin)
                {
                    _source.Twins!.Read(layer, expert, piece.Piece, _pool.Address(piece.Slot));
                }
                else
                {
                    _source.Read(layer, expert, piece.Piece, _pool.Address(piece.Slot));
                }

                return null;
            }
            catch (IOException) when (attempt < MaxAttempts)
            {
                lock (_gate)
                {
                    _retries++;
                }

                Thread.Sleep(FirstPauseMs << attempt);
            }
            catch (IOException exception)
            {
                return new ExpertReadException(
                    _layers[_grid.LayerOf(piece.Key)], _grid.ExpertOf(piece.Key), MaxAttempts, exception);
            }
            catch (MoeGenException exception)
            {
                return exception;
            }
        }
    }

    private bool Complete(in CopyPiece piece, Exception? fault, long ticks)
    {
        lock (_gate)
        {
            _bytesRead[(int)piece.Priority] += piece.IsTwin
                ? _source.Twins!.SizeOfPiece(piece.Piece)
                : _source.SizeOfPieces(piece.Piece + 1) - _source.SizeOfPieces(piece.Piece);
            _swapTicks += piece.Priority == CopyPriority.Swap ? ticks : 0;
            if (fault is not null && !piece.IsTwin)
            {
                // where a twin fails, the expert itself is read
                _faults[piece.Key] = fault;
            }

            bool isWhole = _scheduler.Complete(piece, fault is null);
            if (fault is not null)
            {
                Monitor.PulseAll(_gate);
            }

            return isWhole;
        }
    }

    private Exception? Verify(in CopyPiece piece)
    {
        try
        {
            _source.Verify(_layers[_grid.LayerOf(piece.Key)], _grid.ExpertOf(piece.Key), _pool.Address(piece.Slot));
            return null;
        }
        catch (MoeGenException exception)
        {
            return exception;
        }
    }

    private void Admit(int key, Exception? fault)
    {
        lock (_gate)
        {
            if (fault is not null)
            {
                _faults[key] = fault;
            }

            _scheduler.Admit(key, fault is null);
            Monitor.PulseAll(_gate);
        }
    }
}
