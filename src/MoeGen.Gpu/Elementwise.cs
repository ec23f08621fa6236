using ILGPU;
using ILGPU.Runtime;
using MoeGen.Engine;
using MoeGen.Gpu.Kernels;

namespace MoeGen.Gpu;

/// <summary>Operations on every element of some rows, in place.</summary>
public static class Elementwise
{
    /// <summary><c>x = min(max(x, -limit), limit)</c> (<c>clip_qkv</c>).</summary>
    /// <param name="x">Rows, [numTokens, width].</param>
    /// <param name="limit">Largest magnitude, not negative.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    public static void Clamp(Activations x, float limit, int numTokens, Worker worker)
    {
        if (numTokens > 0)
        {
            GpuDevice device = x.Device;
            device.Kernels(static accelerator => new Launch(accelerator)).Clamp(
                device.Stream, device.Groups(1, numTokens), x.Floats, x.Width, x.Stride, limit);
        }
    }

    private sealed class Launch(Accelerator accelerator)
    {
        public readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, int, int, float> Clamp =
            accelerator.LoadKernel<ArrayView<float>, int, int, float>(ElementwiseKernels.Clamp);
    }
}
