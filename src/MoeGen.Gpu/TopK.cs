using ILGPU;
using ILGPU.Runtime;
using MoeGen.Engine;
using MoeGen.Gpu.Kernels;

namespace MoeGen.Gpu;

/// <summary>
/// From router logits to chosen experts: on the device where nobody else asks for the choice and there is a kernel for it, else by
/// <see cref="MoeGen.Kernels.TopK"/> on the processor, which the logits reach in a few microseconds.
/// </summary>
public static class TopK
{
    /// <inheritdoc cref="MoeGen.Kernels.TopK.SoftmaxThenTopK"/>
    public static void SoftmaxThenTopK(Routing routing, bool normalize, int layer, int numTokens, Worker worker, float scale = 1)
    {
        if (!routing.StartOnDevice(numTokens))
        {
            MoeGen.Kernels.TopK.SoftmaxThenTopK(routing.Host, normalize, layer, numTokens, worker, scale);
            return;
        }

        GpuDevice device = routing.Logits.Device;
        RouterShape shape = new()
        {
            NumExperts = routing.Host.NumExperts,
            TopK = routing.Host.TopK,
            Normalize = normalize ? 1 : 0,
            Scale = scale,
        };
        device.Kernels(static accelerator => new Launch(accelerator)).Softmax(
            device.Stream, device.Groups(numTokens), routing.Logits.Floats, routing.Ids, routing.Weights, shape);
    }

    /// <inheritdoc cref="MoeGen.Kernels.TopK.SoftmaxThenGroupTopK"/>
    public static void SoftmaxThenGroupTopK(
        Routing routing, int numGroups, int topKGroups, bool normalize, float scale, int layer, int numTokens, Worker worker)
    {
        routing.StartOnHost(numTokens);
        MoeGen.Kernels.TopK.SoftmaxThenGroupTopK(routing.Host, numGroups, topKGroups, normalize, scale, layer, numTokens, worker);
    }

    /// <inheritdoc cref="MoeGen.Kernels.TopK.TopKThenSigmoid"/>
    public static void TopKThenSigmoid(Routing routing, int layer, int numTokens, Worker worker)
    {
        routing.StartOnHost(numTokens);
        MoeGen.Kernels.TopK.TopKThenSigmoid(routing.Host, layer, numTokens, worker);
    }

    /// <inheritdoc cref="MoeGen.Kernels.TopK.SparseMixer"/>
    public static void SparseMixer(Routing routing, float jitterEpsilon, int layer, int numTokens, Worker worker)
    {
        routing.StartOnHost(numTokens);
        MoeGen.Kernels.TopK.SparseMixer(routing.Host, jitterEpsilon, layer, numTokens, worker);
    }

    /// <inheritdoc cref="MoeGen.Kernels.TopK.SigmoidThenTopK"/>
    public static void SigmoidThenTopK(
        Routing routing, WeightVector correctionBias, int numGroups, int topKGroups, bool normalize, float scale, int layer,
        int numTokens, Worker worker)
    {
        routing.StartOnHost(numTokens);
        MoeGen.Kernels.TopK.SigmoidThenTopK(
            routing.Host, correctionBias.Host, numGroups, topKGroups, normalize, scale, layer, numTokens, worker);
    }

    private sealed class Launch(Accelerator accelerator)
    {
        public readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<float>, RouterShape> Softmax =
            accelerator.LoadKernel<ArrayView<float>, ArrayView<int>, ArrayView<float>, RouterShape>(TopKKernels.SoftmaxThenTopK);
    }
}
