using ILGPU;
using ILGPU.Runtime;
using MoeGen.Engine;
using MoeGen.Gpu.Kernels;

namespace MoeGen.Gpu;

/// <summary>Root-mean-square norm on the device; see <see cref="MoeGen.Kernels.RmsNorm"/>.</summary>
public static class RmsNorm
{
    /// <summary>Normalises whole rows.</summary>
    /// <param name="x">Inputs, [numTokens, width]; may be the same as <paramref name="y"/>, or a view of some columns.</param>
    /// <param name="weight">[width].</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="y">Outputs, of the same stride as x.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    public static void Normalize(Activations x, WeightVector weight, float epsilon, Activations y, int numTokens, Worker worker) =>
        Run(x, weight, y, 1, epsilon, numTokens);

    /// <summary>Normalises each head of a row on its own, in place.</summary>
    /// <param name="x">Heads side by side, [numTokens, numHeads * head dimension].</param>
    /// <param name="weight">[head dimension].</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="numHeads">Heads of a row.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    public static void NormalizeHeads(Activations x, WeightVector weight, float epsilon, int numHeads, int numTokens, Worker worker) =>
        Run(x, weight, x, numHeads, epsilon, numTokens);

    /// <summary>Normalises each head of a row on its own, in place and without weights.</summary>
    /// <inheritdoc cref="NormalizeHeads(Activations, WeightVector, float, int, int, Worker)"/>
    public static void NormalizeHeads(Activations x, float epsilon, int numHeads, int numTokens, Worker worker) =>
        Run(x, default, x, numHeads, epsilon, numTokens);

    private static void Run(Activations x, WeightVector weight, Activations y, int numHeads, float epsilon, int numTokens)
    {
        if (numTokens > 0)
        {
            GpuDevice device = x.Device;
            device.Kernels(static accelerator => new Launch(accelerator)).Rms(
                device.Stream, device.Groups(numHeads, numTokens), x.Floats, weight.Values, y.Floats,
                new NormShape(x.Width / numHeads, x.Stride, epsilon));
        }
    }

    private sealed class Launch(Accelerator accelerator)
    {
        public readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, NormShape> Rms =
            accelerator.LoadKernel<ArrayView<float>, ArrayView<float>, ArrayView<float>, NormShape>(NormKernels.Rms);
    }
}
