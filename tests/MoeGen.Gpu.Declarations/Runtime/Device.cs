namespace ILGPU.Runtime;

/// <summary>What a device can do.</summary>
public abstract class Device
{
    private protected Device(AcceleratorType acceleratorType)
    {
        AcceleratorType = acceleratorType;
    }

    public AcceleratorType AcceleratorType { get; }

    public string Name { get; private protected init; } = "";

    public long MemorySize { get; private protected init; }

    public int MaxNumThreadsPerGroup { get; private protected init; }

    public int MaxSharedMemoryPerGroup { get; private protected init; }

    public int WarpSize { get; private protected init; }

    public int NumMultiprocessors { get; private protected init; }

    public abstract Accelerator CreateAccelerator(Context context);
}
