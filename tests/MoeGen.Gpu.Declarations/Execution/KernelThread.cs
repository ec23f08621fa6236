namespace ILGPU.Execution;

/// <summary>One thread of a group: a thread of the system when the group has others, the launching one when it has not.</summary>
internal sealed class KernelThread(ThreadGroup group, int linearIndex) : IDisposable
{
    [ThreadStatic]
    private static KernelThread? s_current;

    private readonly SemaphoreSlim _turn = new(0);
    private Thread? _thread;
    private volatile bool _disposed;

    /// <summary>The thread that is running.</summary>
    /// <exception cref="InvalidOperationException">The caller is no kernel.</exception>
    public static KernelThread Current =>
        s_current ?? throw new InvalidOperationException("Grid, Group, Warp and SharedMemory mean something within a kernel only");

    public ThreadGroup Group => group;

    public int LinearIndex => linearIndex;

    public Index3D GroupIndex { get; private set; }

    public KernelThreadState State { get; set; }

    /// <summary>Number of blocks of shared memory that this thread asked for.</summary>
    public int NumShared { get; set; }

    /// <summary>Makes the thread ready for the next group.</summary>
    public void Prepare()
    {
        Index3D dim = group.GroupDim;
        GroupIndex = new Index3D(linearIndex % dim.X, linearIndex / dim.X % dim.Y, linearIndex / (dim.X * dim.Y));
        State = KernelThreadState.Ready;
        NumShared = 0;
    }

    /// <summary>Runs the kernel on the calling thread.</summary>
    public void Run()
    {
        s_current = this;
        group.Run();
        s_current = null;
        State = KernelThreadState.Ended;
    }

    /// <summary>Lets the thread run on, or begin.</summary>
    public void Resume()
    {
        if (_thread is null)
        {
            _thread = new Thread(RunTurns) { IsBackground = true, Name = $"kernel thread {linearIndex}" };
            _thread.Start();
        }

        _turn.Release();
    }

    /// <summary>Waits for the next turn.</summary>
    public void WaitForTurn() => _turn.Wait();

    public void Dispose()
    {
        _disposed = true;
        if (_thread is not null)
        {
            _turn.Release();
            _thread.Join();
        }

        _turn.Dispose();
    }

    private void RunTurns()
    {
        while (true)
        {
            WaitForTurn();
            if (_disposed)
            {
                return;
            }

            Run();
            group.PassTurn(this);
        }
    }
}
