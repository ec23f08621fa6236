using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;

namespace MoeGen.Gpu.Tests;

/// <summary>An accelerator on threads of this machine: ILGPU's own, or the declaration's.</summary>
internal sealed class TestAccelerator : IDisposable
{
    private readonly Context _context;

    /// <param name="warpSize">Threads of a warp.</param>
    /// <param name="numWarps">Most warps of a group.</param>
    public TestAccelerator(int warpSize = 2, int numWarps = 1)
    {
        _context = Context.Create(builder => builder.CPU(new CPUDevice(warpSize, numWarps, 1)).EnableAlgorithms());
        Accelerator = _context.CreateCPUAccelerator(0);
    }

    public Accelerator Accelerator { get; }

    public AcceleratorStream Stream => Accelerator.DefaultStream;

    public void Dispose()
    {
        Accelerator.Dispose();
        _context.Dispose();
    }
}
