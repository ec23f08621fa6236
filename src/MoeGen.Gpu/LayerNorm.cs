using ILGPU;
using ILGPU.Runtime;
using MoeGen.Engine;
using MoeGen.Gpu.Kernels;

namespace MoeGen.Gpu;

/// <summary>Layer norm on the device; see <see cref="MoeGen.Kernels.LayerNorm"/>.</summary>
public static class LayerNorm
{
    /// <summary>Normalises whole rows.</summary>
    /// <param name="x">Inputs, [numTokens, width]; may be the same as <paramref name="y"/>.</param>
    /// <param name="weight">[width].</param>
    /// <param name="bias">[width].</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="y">Outputs, of the same stride as x.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    public static void Normalize(
        Activations x, WeightVector weight, WeightVector bias, float epsilon, Activations y, int numTokens, Worker worker)
    {
        if (numTokens > 0)
        {
            GpuDevice device = x.Device;
            device.Kernels(static accelerator => new Launch(accelerator)).Layer(
                device.Stream, device.Groups(1, numTokens), x.Floats, weight.Values, bias.Values, y.Floats,
                new NormShape(x.Width, x.Stride, epsilon));
        }
    }

    private sealed class Launch(Accelerator accelerator)
    {
        public readonly Action<
            AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, NormShape> Layer =
            accelerator.LoadKernel<ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, NormShape>(NormKernels.Layer);
    }
}
