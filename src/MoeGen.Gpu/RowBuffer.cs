using ILGPU;
using ILGPU.Runtime;
using MoeGen.Gpu.Kernels;
using MoeGen.Memory;
using MoeGen.Weights;

namespace MoeGen.Gpu;

/// <summary>Memory on the device for rows of float32, and where the processor reads or writes them, the same rows in host memory.</summary>
internal sealed unsafe class RowBuffer : IDisposable
{
    private readonly MemoryBuffer1D<float, Stride1D.Dense> _memory; // [capacity, RowStride]
    private NativeBuffer? _host; // null: nobody has asked for it
    private MoeGen.Kernels.Activations _hostRows;

    /// <summary>Allocates the rows on the device, all zero.</summary>
    /// <param name="device">The device.</param>
    /// <param name="capacity">Rows.</param>
    /// <param name="width">Elements of a row.</param>
    public RowBuffer(GpuDevice device, int capacity, int width)
    {
        Device = device;
        Capacity = capacity;
        Width = width;
        _memory = device.Accelerator.Allocate1D<float>(Math.Max(1, (long)capacity * RowStride.Of(width)));
        Floats = _memory.View;
        Floats.MemSetToZero(device.Stream);
    }

    public GpuDevice Device { get; }

    /// <summary>Rows.</summary>
    public int Capacity { get; }

    /// <summary>Elements of a row.</summary>
    public int Width { get; }

    /// <summary>The rows.</summary>
    public ArrayView<float> Floats { get; }

    /// <summary>The rows in host memory: what <see cref="Upload"/> takes and <see cref="Download"/> brings.</summary>
    public MoeGen.Kernels.Activations Host
    {
        get
        {
            if (_host is null)
            {
                _host = new NativeBuffer(RowLayout.SizeInBytes(Capacity, Width));
                _hostRows = new MoeGen.Kernels.Activations((float*)_host.Pointer, Width);
            }

            return _hostRows;
        }
    }

    /// <summary>Copies the first rows to the device.</summary>
    /// <param name="numRows">Rows.</param>
    public void Upload(int numRows)
    {
        MoeGen.Kernels.Activations host = Host;
        for (int row = 0; row < numRows; row++)
        {
            Row(row).CopyFromCPU(Device.Stream, ref host[row][0], Width);
        }
    }

    /// <summary>Copies the first rows to host memory, when everything before has run.</summary>
    /// <param name="numRows">Rows.</param>
    public void Download(int numRows) => DownloadTo(Host, numRows);

    /// <summary>Copies the first rows to memory of the caller's, when everything before has run.</summary>
    /// <param name="destination">At least as many rows, of the same width.</param>
    /// <param name="numRows">Rows.</param>
    public void DownloadTo(MoeGen.Kernels.Activations destination, int numRows)
    {
        for (int row = 0; row < numRows; row++)
        {
            Row(row).CopyToCPU(Device.Stream, ref destination[row][0], Width);
        }
    }

    public void Dispose()
    {
        _memory.Dispose();
        _host?.Dispose();
    }

    private ArrayView<float> Row(int row) => Floats.SubView((long)row * RowStride.Of(Width), Width);
}
