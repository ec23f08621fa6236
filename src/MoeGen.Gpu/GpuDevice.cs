using ILGPU;
using ILGPU.Runtime;
using MoeGen.Gpu.Kernels;

namespace MoeGen.Gpu;

/// <summary>
/// A device that computes: its memory, its stream and the kernels that have been compiled for it. One thread at a time, but for copies of
/// experts.
/// </summary>
public sealed class GpuDevice : IDisposable
{
    private readonly Dictionary<Type, object> _kernels = [];
    private readonly List<IDisposable> _kept = [];

    /// <summary>Takes a device.</summary>
    /// <param name="accelerator">The device; whoever made it disposes it, after this.</param>
    /// <param name="groupSize">Threads of a group: a power of two, at most <see cref="GroupLanes.MaxGroupSize"/>.</param>
    internal GpuDevice(Accelerator accelerator, int groupSize)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(groupSize, GroupLanes.MaxGroupSize);
        Accelerator = accelerator;
        GroupSize = groupSize;
        Stream = accelerator.CreateStream();
    }

    /// <summary>The device.</summary>
    internal Accelerator Accelerator { get; }

    /// <summary>Where kernels of passes run, one behind the other.</summary>
    internal AcceleratorStream Stream { get; }

    /// <summary>Threads of a group.</summary>
    internal int GroupSize { get; }

    /// <summary>Lanes of a group; see <see cref="GroupLanes.Count"/>.</summary>
    internal int Lanes => Math.Max(1, GroupSize / GroupLanes.Halves);

    /// <summary>A launch of groups of full size.</summary>
    /// <param name="columns">Groups in the first dimension.</param>
    /// <param name="rows">Groups in the second.</param>
    /// <param name="layers">Groups in the third.</param>
    internal KernelConfig Groups(int columns, int rows = 1, int layers = 1) =>
        new(new Index3D(columns, rows, layers), new Index3D(GroupSize, 1, 1));

    /// <summary>Panels of a matrix.</summary>
    /// <param name="numRows">Its rows.</param>
    internal static int PanelsOf(int numRows) => (numRows + PanelSums.Rows - 1) / PanelSums.Rows;

    /// <summary>Kernels that belong together, compiled when they are first asked for.</summary>
    /// <param name="compile">Compiles them.</param>
    internal TKernels Kernels<TKernels>(Func<Accelerator, TKernels> compile)
        where TKernels : class
    {
        if (!_kernels.TryGetValue(typeof(TKernels), out object? kernels))
        {
            kernels = compile(Accelerator);
            _kernels.Add(typeof(TKernels), kernels);
        }

        return (TKernels)kernels;
    }

    /// <summary>Copies numbers to the device, where they stay as long as it is open.</summary>
    /// <param name="values">At least one.</param>
    internal ArrayView<float> Keep(float[] values)
    {
        MemoryBuffer1D<float, Stride1D.Dense> memory = Accelerator.Allocate1D<float>(values.Length);
        _kept.Add(memory);
        ArrayView<float> view = memory.View;
        view.CopyFromCPU(Stream, ref values[0], values.Length);
        return view;
    }

    /// <summary>Waits until everything has run.</summary>
    internal void Synchronize() => Stream.Synchronize();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable memory in _kept)
        {
            memory.Dispose();
        }

        Stream.Dispose();
    }
}
