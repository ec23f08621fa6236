using ILGPU.Execution;

namespace ILGPU.Runtime;

/// <summary>A device in use.</summary>
public abstract class Accelerator : IDisposable
{
    private readonly ThreadGroup _group;

    private protected Accelerator(Context context, Device device)
    {
        Context = context;
        Device = device;
        DefaultStream = new HostStream(this);
        _group = new ThreadGroup(this);
    }

    public Context Context { get; }

    public Device Device { get; }

    public AcceleratorStream DefaultStream { get; }

    public AcceleratorType AcceleratorType => Device.AcceleratorType;

    public string Name => Device.Name;

    public long MemorySize => Device.MemorySize;

    public int MaxNumThreadsPerGroup => Device.MaxNumThreadsPerGroup;

    public int MaxSharedMemoryPerGroup => Device.MaxSharedMemoryPerGroup;

    public int WarpSize => Device.WarpSize;

    public int NumMultiprocessors => Device.NumMultiprocessors;

    public AcceleratorStream CreateStream() => new HostStream(this);

    public void Synchronize()
    {
    }

    public MemoryBuffer1D<T, Stride1D.Dense> Allocate1D<T>(long length)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        var view = new ArrayView<T>(new NativeMemoryBuffer(this, length, Interop.SizeOf<T>()), 0, length);
        return new MemoryBuffer1D<T, Stride1D.Dense>(this, view);
    }

    public void Dispose()
    {
        _group.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Runs a kernel on all groups of a grid; returns when the last one has ended.</summary>
    /// <exception cref="ArgumentException">An extent is not positive, the group too large, or the stream another accelerator's.</exception>
    internal void Launch(AcceleratorStream stream, KernelConfig config, Action kernel)
    {
        stream.CheckOwner(this);
        if (!config.IsValid || config.GroupDim.Size > MaxNumThreadsPerGroup)
        {
            throw new ArgumentException(
                $"a grid of {config.GridDim} groups of {config.GroupDim} threads; a group has 1 to {MaxNumThreadsPerGroup} threads here");
        }

        _group.Launch(config, kernel);
    }
}
