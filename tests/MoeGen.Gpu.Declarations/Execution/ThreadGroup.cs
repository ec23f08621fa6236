using System.Runtime.ExceptionServices;
using ILGPU.Runtime;

namespace ILGPU.Execution;

/// <summary>Runs launches: one group of the grid after the other, and the threads of a group in turns.</summary>
/// <remarks>
/// One thread runs at a time, to its next barrier or to its end. Turns go up from the first thread and down again from the last, like a
/// lift; every other group begins with the last thread. So a launch gives the same result each time, and a missing barrier shows in one
/// group or the next. What a thread throws ends the launch and reaches the launcher; so does a barrier that not all threads reach.
/// Threads of the system are kept for later groups.
/// </remarks>
internal sealed class ThreadGroup(Accelerator accelerator) : IDisposable
{
    private readonly Lock _launch = new();
    private readonly List<KernelThread> _threads = [];
    private readonly List<MemoryBuffer> _shared = [];
    private readonly SemaphoreSlim _groupEnded = new(0);
    private Rendezvous[] _warps = [];
    private Action _kernel = static () => { };
    private Exception? _fault;
    private int _numThreads;
    private int _step;

    public int WarpSize => accelerator.WarpSize;

    public Index3D GridDim { get; private set; }

    public Index3D GroupDim { get; private set; }

    public Index3D GridIndex { get; private set; }

    /// <summary>All threads of the group.</summary>
    public Rendezvous Everyone { get; private set; } = new(0, 1);

    /// <summary>Runs a kernel on all groups of a grid; returns when the last one has ended.</summary>
    public void Launch(KernelConfig config, Action kernel)
    {
        lock (_launch)
        {
            GridDim = config.GridDim;
            GroupDim = config.GroupDim;
            _kernel = kernel;
            _numThreads = GroupDim.Size;
            for (int i = _threads.Count; i < _numThreads; i++)
            {
                _threads.Add(new KernelThread(this, i));
            }

            Everyone = new Rendezvous(0, _numThreads);
            _warps =
            [
                .. Enumerable.Range(0, (_numThreads + WarpSize - 1) / WarpSize)
                    .Select(warp => new Rendezvous(warp * WarpSize, Math.Min(WarpSize, _numThreads - (warp * WarpSize)))),
            ];

            for (int group = 0; group < GridDim.Size; group++)
            {
                GridIndex = new Index3D(group % GridDim.X, group / GridDim.X % GridDim.Y, group / (GridDim.X * GridDim.Y));
                RunGroup(upwards: group % 2 == 0);
            }
        }
    }

    /// <summary>The threads of the warp that a thread is in.</summary>
    public Rendezvous WarpOf(KernelThread thread) => _warps[thread.LinearIndex / WarpSize];

    /// <summary>Waits until all threads of a rendezvous have come.</summary>
    public void Meet(KernelThread thread, Rendezvous rendezvous)
    {
        if (rendezvous.Arrive())
        {
            Release(_threads.GetRange(rendezvous.First, rendezvous.Count));
        }
        else
        {
            thread.State = KernelThreadState.Waiting;
        }

        PassTurn(thread);
        if (_fault is not null)
        {
            throw new GroupAbortedException();
        }
    }

    /// <summary>Brings a value to a rendezvous, waits for all others, and tells the round under which their values can be read.</summary>
    public int Exchange<T>(KernelThread thread, Rendezvous rendezvous, T value)
        where T : unmanaged
    {
        int round = rendezvous.Round;
        rendezvous.Write(thread.LinearIndex - rendezvous.First, value);
        Meet(thread, rendezvous);
        return round;
    }

    /// <summary>The block of shared memory for a thread's next request.</summary>
    /// <exception cref="InvalidOperationException">Another thread asked for another size.</exception>
    public MemoryBuffer AllocateShared(KernelThread thread, int length, int elementSize)
    {
        int index = thread.NumShared++;
        if (index == _shared.Count)
        {
            _shared.Add(new NativeMemoryBuffer(accelerator, length, elementSize));
        }

        MemoryBuffer buffer = _shared[index];
        long bytes = (long)length * elementSize;
        if (buffer.LengthInBytes != bytes)
        {
            throw new InvalidOperationException(
                $"thread {thread.LinearIndex} asks for {bytes} bytes of shared memory where another one asked for {buffer.LengthInBytes}");
        }

        return buffer;
    }

    /// <summary>Runs the kernel for the current thread; keeps what it throws.</summary>
    public void Run()
    {
        // a thread that begins after another has failed only ends
        if (_fault is not null)
        {
            return;
        }

        try
        {
            _kernel();
        }
        catch (GroupAbortedException)
        {
            // the launcher hears of the failure that caused it
        }
#pragma warning disable CA1031 // rethrown by the launcher
        catch (Exception fault)
#pragma warning restore CA1031
        {
            Fail(fault);
        }
    }

    /// <summary>Lets the next thread run, which may be the same; returns with this thread's next turn, or at once if it ended.</summary>
    public void PassTurn(KernelThread thread)
    {
        KernelThread? next = Next(thread.LinearIndex);
        if (next is null && _threads.Take(_numThreads).Any(t => t.State == KernelThreadState.Waiting))
        {
            Fail(MissedBarrier());
            next = Next(thread.LinearIndex);
        }

        if (next == thread)
        {
            return;
        }

        // read first: whoever runs next may prepare this thread for another group
        bool ended = thread.State == KernelThreadState.Ended;
        if (next is null)
        {
            _groupEnded.Release();
        }
        else
        {
            next.Resume();
        }

        if (!ended)
        {
            thread.WaitForTurn();
        }
    }

    public void Dispose()
    {
        foreach (KernelThread thread in _threads)
        {
            thread.Dispose();
        }

        _groupEnded.Dispose();
    }

    private void RunGroup(bool upwards)
    {
        foreach (KernelThread thread in _threads.Take(_numThreads))
        {
            thread.Prepare();
        }

        _fault = null;
        _step = upwards ? 1 : -1;
        if (_numThreads == 1)
        {
            _threads[0].Run();
        }
        else
        {
            _threads[upwards ? 0 : _numThreads - 1].Resume();
            _groupEnded.Wait();
        }

        foreach (MemoryBuffer buffer in _shared)
        {
            buffer.Dispose();
        }

        _shared.Clear();
        if (_fault is not null)
        {
            ExceptionDispatchInfo.Throw(_fault);
        }
    }

    // the next thread that can run: on in the same direction, then back
    private KernelThread? Next(int from)
    {
        for (int i = from + _step; i >= 0 && i < _numThreads; i += _step)
        {
            if (_threads[i].State == KernelThreadState.Ready)
            {
                return _threads[i];
            }
        }

        _step = -_step;
        for (int i = from; i >= 0 && i < _numThreads; i += _step)
        {
            if (_threads[i].State == KernelThreadState.Ready)
            {
                return _threads[i];
            }
        }

        return null;
    }

    private void Fail(Exception fault)
    {
        _fault ??= fault;
        Release(_threads);
    }

    private static void Release(List<KernelThread> threads)
    {
        foreach (KernelThread thread in threads)
        {
            if (thread.State == KernelThreadState.Waiting)
            {
                thread.State = KernelThreadState.Ready;
            }
        }
    }

    private InvalidOperationException MissedBarrier()
    {
        int waiting = _threads.Take(_numThreads).Count(t => t.State == KernelThreadState.Waiting);
        return new InvalidOperationException(
            $"{waiting} of {_numThreads} threads of group {GridIndex} wait at a barrier; the others ended, or wait at another one");
    }
}
