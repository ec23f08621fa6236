using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace MoeGen.Engine;

/// <summary>
/// Threads that run one piece of work together, again and again, without allocating: a pass of a small model takes less time than
/// waking a thread, so workers spin for a moment before they sleep, by pauses alone: a step makes no kernel call unless some worker
/// is late. The caller is worker 0.
/// </summary>
/// <remarks>
/// One caller at a time. A worker's exception stops the others at their next <see cref="Worker.Sync"/> and reaches the caller.
/// </remarks>
internal sealed class WorkerTeam : IDisposable
{
    // about 0.1 ms: longer than sampling a token takes, far shorter than a time slice
    private const int SpinMicroseconds = 100;
    private static readonly long s_spinTicks = Stopwatch.Frequency * SpinMicroseconds / 1_000_000;

    private const int Pauses = 16; // between two looks

    private readonly Thread[] _threads; // workers 1 and up
    private readonly object _gate = new();
    private Action<Worker>? _work;
    private int _epoch; // counts pieces of work; a change wakes the workers
    private int _sleepers;
    private int _parked; // workers that sleep in Sync, and the caller where it sleeps until the others are done
    private int _running; // workers other than 0 still at the current piece
    private int _arrived; // workers waiting in Sync
    private int _phase; // counts completed Syncs
    private ExceptionDispatchInfo? _fault; // first exception of the current piece
    private volatile bool _isStopping;

    /// <param name="count">Workers, the caller included.</param>
    /// <param name="pins">
    /// Workers other than the caller stay on a processor each, where the system lets them and there are enough.
    /// </param>
    public WorkerTeam(int count, bool pins = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        Count = count;
        _threads = new Thread[count - 1];
        int[] processors = pins ? ProcessorAffinity.Allowed() : [];
        for (int i = 0; i < _threads.Length; i++)
        {
            int index = i + 1;
            int? processor = processors.Length >= count ? processors[index] : null;
            _threads[i] = new Thread(() => RunWorker(index, processor)) { IsBackground = true, Name = $"MoeGen worker {index}" };
            _threads[i].Start();
        }
    }

    public int Count { get; }

    /// <summary>Runs the work on every worker and returns when all are done. Allocates nothing unless a worker throws.</summary>
    public void Run(Action<Worker> work)
    {
        ObjectDisposedException.ThrowIf(_isStopping, this);
        _work = work;
        Volatile.Write(ref _running, _threads.Length);
        Interlocked.Increment(ref _epoch);
        WakeSleepers();
        RunShare(work, new Worker(this, 0));

        WaitForOthers();
        if (_fault is { } fault)
        {
            // every worker is back, so the half-finished Sync can be forgotten
            _arrived = 0;
            _fault = null;
            fault.Throw();
        }
    }

    public void Dispose()
    {
        if (_isStopping)
        {
            return;
        }

        _isStopping = true;
        Interlocked.Increment(ref _epoch);
        WakeSleepers();
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }
    }

    internal void Sync()
    {
        int phase = Volatile.Read(ref _phase);
        if (Interlocked.Increment(ref _arrived) == Count)
        {
            _arrived = 0;
            Interlocked.Increment(ref _phase);
            WakeParked();
            return;
        }

        long deadline = Stopwatch.GetTimestamp() + s_spinTicks;
        while (Volatile.Read(ref _phase) == phase)
        {
            if (Volatile.Read(ref _fault) is not null)
            {
                throw new WorkerStoppedException();
            }

            if (!PauseUntil(deadline))
            {
                Park(phase);
            }
        }
    }

    // false when the time is over; reading the clock is no kernel call
    private static bool PauseUntil(long deadline)
    {
        Thread.SpinWait(Pauses);
        return Stopwatch.GetTimestamp() < deadline;
    }

    private void WaitForOthers()
    {
        long deadline = Stopwatch.GetTimestamp() + s_spinTicks;
        while (Volatile.Read(ref _running) > 0)
        {
            if (!PauseUntil(deadline))
            {
                ParkUntilDone();
            }
        }
    }

    private void ParkUntilDone()
    {
        lock (_gate)
        {
            // counted before it looks again, as in Park
            Interlocked.Increment(ref _parked);
            while (Volatile.Read(ref _running) > 0)
            {
                Monitor.Wait(_gate);
            }

            Interlocked.Decrement(ref _parked);
        }
    }

    // a worker that waits long, for one that waits for the disk, leaves the processor to those that read
    private void Park(int phase)
    {
        lock (_gate)
        {
            // counted before the phase is read again: either this worker sees the new phase, or the last one to arrive sees a parked worker
            Interlocked.Increment(ref _parked);
            while (Volatile.Read(ref _phase) == phase && Volatile.Read(ref _fault) is null)
            {
                Monitor.Wait(_gate);
            }

            Interlocked.Decrement(ref _parked);
        }
    }

    private void WakeParked()
    {
        if (Volatile.Read(ref _parked) > 0)
        {
            lock (_gate)
            {
                Monitor.PulseAll(_gate);
            }
        }
    }

    private void RunWorker(int index, int? processor)
    {
        if (processor is { } pinned)
        {
            ProcessorAffinity.Pin(pinned); // where it is refused, the worker runs anywhere
        }

        Worker worker = new(this, index);
        int seen = 0;
        while (true)
        {
            seen = WaitForWork(seen);
            if (_isStopping)
            {
                return;
            }

            RunShare(_work!, worker);
            if (Interlocked.Decrement(ref _running) == 0)
            {
                WakeParked();
            }
        }
    }

    private void RunShare(Action<Worker> work, Worker worker)
    {
        try
        {
            work(worker);
        }
        catch (WorkerStoppedException)
        {
            // another worker's exception is the one to report
        }
        catch (Exception exception)
        {
            Interlocked.CompareExchange(ref _fault, ExceptionDispatchInfo.Capture(exception), null);
            WakeParked();
        }
    }

    private int WaitForWork(int seen)
    {
        long deadline = Stopwatch.GetTimestamp() + s_spinTicks;
        do
        {
            int epoch = Volatile.Read(ref _epoch);
            if (epoch != seen)
            {
                return epoch;
            }
        }
        while (PauseUntil(deadline));

        lock (_gate)
        {
            // counted before the epoch is read again: either this thread sees the new epoch, or the caller sees a sleeper
            Interlocked.Increment(ref _sleepers);
            while (Volatile.Read(ref _epoch) == seen)
            {
                Monitor.Wait(_gate);
            }

            Interlocked.Decrement(ref _sleepers);
            return _epoch;
        }
    }

    private void WakeSleepers()
    {
        if (Volatile.Read(ref _sleepers) > 0)
        {
            lock (_gate)
            {
                Monitor.PulseAll(_gate);
            }
        }
    }

    // unwinds a worker whose piece of work another worker broke
    private sealed class WorkerStoppedException : Exception;
}
