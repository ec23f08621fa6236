using ILGPU;
using ILGPU.Runtime;
using MoeGen.Engine;
using MoeGen.Gpu.Kernels;

namespace MoeGen.Gpu;

/// <summary>Sharpens the attention of late tokens on the device; see <see cref="MoeGen.Kernels.QueryTemperature"/>.</summary>
public static class QueryTemperature
{
    /// <summary><c>q *= 1 + attentionScale * ln(floor((position + 1) / floorScale) + 1)</c>.</summary>
    /// <param name="queries">Queries of all heads, in place, [numTokens, width].</param>
    /// <param name="attentionScale">How much the logarithm counts (<c>attn_scale</c>).</param>
    /// <param name="floorScale">Positions of one step (<c>floor_scale</c>).</param>
    /// <param name="firstPosition">Position of the first token; the others follow.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    public static void Scale(
        Activations queries, float attentionScale, float floorScale, int firstPosition, int numTokens, Worker worker)
    {
        GpuDevice device = queries.Device;
        TemperatureShape shape = new()
        {
            Width = queries.Width,
            Stride = queries.Stride,
            FirstPosition = firstPosition,
            AttentionScale = attentionScale,
            FloorScale = floorScale,
        };
        device.Kernels(static accelerator => new Launch(accelerator)).Scale(
            device.Stream, device.Groups(1, numTokens), queries.Floats, shape);
    }

    private sealed class Launch(Accelerator accelerator)
    {
        public readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, TemperatureShape> Scale =
            accelerator.LoadKernel<ArrayView<float>, TemperatureShape>(ElementwiseKernels.ScaleByPosition);
    }
}
