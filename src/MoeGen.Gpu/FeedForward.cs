using ILGPU;
using ILGPU.Runtime;
using MoeGen.Engine;
using MoeGen.Gpu.Kernels;

namespace MoeGen.Gpu;

/// <summary>Feed-forward networks on the device, of every token and of experts; see <see cref="MoeGen.Kernels.FeedForward"/>.</summary>
public static class FeedForward
{
    /// <summary>First half, dense: <c>gate = activation(gate_proj x, up_proj x)</c>.</summary>
    /// <param name="activation">What to make of gate and up.</param>
    /// <param name="gateProj">[intermediate, hidden].</param>
    /// <param name="upProj">[intermediate, hidden].</param>
    /// <param name="x">Inputs, [numTokens, hidden].</param>
    /// <param name="gate">Receives the activations, [numTokens, intermediate].</param>
    /// <param name="up">Not used: what joins gate and up is computed with them.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    public static void GateAndUp<TActivation, TMatrix>(
        TActivation activation, Matrix<TMatrix> gateProj, Matrix<TMatrix> upProj, Activations x, Activations gate, Activations up,
        int numTokens, Worker worker)
        where TActivation : struct, IGpuActivation
        where TMatrix : struct, IGpuMatrix
    {
        GpuDevice device = x.Device;
        device.Kernels(static accelerator => new DenseLaunch<TActivation, TMatrix>(accelerator)).GateAndUp(
            device.Stream, device.Groups(GpuDevice.PanelsOf(TMatrix.Rows), numTokens), gateProj.Words, upProj.Words, x.Pairs, gate.Floats);
    }

    /// <summary>First half without a gate, dense: <c>up = activation(up_proj x, 1)</c>.</summary>
    /// <param name="activation">What to make of up.</param>
    /// <param name="upProj">[intermediate, hidden].</param>
    /// <param name="x">Inputs, [numTokens, hidden].</param>
    /// <param name="up">Receives the activations, [numTokens, intermediate].</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    public static void Up<TActivation, TMatrix>(
        TActivation activation, Matrix<TMatrix> upProj, Activations x, Activations up, int numTokens, Worker worker)
        where TActivation : struct, IGpuActivation
        where TMatrix : struct, IGpuMatrix
    {
        GpuDevice device = x.Device;
        device.Kernels(static accelerator => new DenseLaunch<TActivation, TMatrix>(accelerator)).Up(
            device.Stream, device.Groups(GpuDevice.PanelsOf(TMatrix.Rows), numTokens), upProj.Words, x.Pairs, up.Floats);
    }

    /// <summary><c>x *= sigmoid(score)</c>, for each row.</summary>
    /// <param name="x">[numTokens, width].</param>
    /// <param name="scores">[numTokens, 1].</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    public static void ScaleRows(Activations x, Activations scores, int numTokens, Worker worker)
    {
        GpuDevice device = x.Device;
        device.Kernels(static accelerator => new Launch(accelerator)).ScaleRows(
            device.Stream, device.Groups(1, numTokens), x.Floats, scores.Floats, x.Width);
    }

    /// <summary>First half, sparse: gate and up of each expert of the wave on the tokens that chose it.</summary>
    /// <param name="activation">What to make of gate and up.</param>
    /// <param name="experts">The layer's experts.</param>
    /// <param name="routing">Choices.</param>
    /// <param name="x">Inputs, [numTokens, hidden].</param>
    /// <param name="gate">Receives the activations, [numTokens * topK, intermediate], a row per choice.</param>
    /// <param name="up">Not used: what joins gate and up is computed with them.</param>
    /// <param name="worker">The calling worker.</param>
    /// <param name="scalesInput">As the expert says; <c>AddChosen</c> must be told the same.</param>
    public static void GateAndUp<TActivation, TExpert, TUp, TDown>(
        TActivation activation, ExpertList<TExpert, TUp, TDown> experts, Routing routing, Activations x, Activations gate, Activations up,
        Worker worker, bool scalesInput = false)
        where TActivation : struct, IGpuActivation
        where TExpert : struct, IGpuExpert
        where TUp : struct, IGpuMatrix
        where TDown : struct, IGpuMatrix =>
        RunFirstHalf<TActivation, TExpert, TUp, TDown>(experts, routing, x, gate);

    /// <summary>First half without a gate, sparse: <c>up = activation(up_proj x, 1)</c> of each expert of the wave.</summary>
    /// <param name="activation">What to make of up.</param>
    /// <param name="experts">The layer's experts.</param>
    /// <param name="routing">Choices.</param>
    /// <param name="x">Inputs, [numTokens, hidden].</param>
    /// <param name="up">Receives the activations, [numTokens * topK, intermediate], a row per choice.</param>
    /// <param name="worker">The calling worker.</param>
    public static void Up<TActivation, TExpert, TUp, TDown>(
        TActivation activation, ExpertList<TExpert, TUp, TDown> experts, Routing routing, Activations x, Activations up, Worker worker)
        where TActivation : struct, IGpuActivation
        where TExpert : struct, IGpuExpert
        where TUp : struct, IGpuMatrix
        where TDown : struct, IGpuMatrix =>
        RunFirstHalf<TActivation, TExpert, TUp, TDown>(experts, routing, x, up);

    /// <summary>Second half, sparse: each expert's down projection.</summary>
    /// <param name="experts">The layer's experts.</param>
    /// <param name="routing">Choices.</param>
    /// <param name="activated">Activations of the first half, [numTokens * topK, intermediate].</param>
    /// <param name="down">Receives the outputs, [numTokens * topK, hidden], a row per choice.</param>
    /// <param name="worker">The calling worker.</param>
    public static void Down<TExpert, TUp, TDown>(
        ExpertList<TExpert, TUp, TDown> experts, Routing routing, Activations activated, Activations down, Worker worker)
        where TExpert : struct, IGpuExpert
        where TUp : struct, IGpuMatrix
        where TDown : struct, IGpuMatrix
    {
        GpuDevice device = down.Device;
        device.Kernels(static accelerator => new DownLaunch<TExpert, TDown>(accelerator)).Down(
            device.Stream, device.Groups(GpuDevice.PanelsOf(TDown.Rows), routing.NumChoices), experts.Choices(routing), activated.Pairs,
            down.Floats);
    }

    /// <summary>Last step, sparse: <c>hidden += scale * sum_k weight_k * down_k</c>, in the order of a token's choices.</summary>
    /// <param name="routing">Choices; those that were dropped contribute nothing.</param>
    /// <param name="down">Outputs of the experts, [numTokens * topK, hidden].</param>
    /// <param name="hidden">Residual stream, [numTokens, hidden]; the sum is added.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    /// <param name="scale">Factor on what is added.</param>
    /// <param name="scalesInput">The weights were spent on the experts' inputs and count as 1 here.</param>
    public static void AddChosen(
        Routing routing, Activations down, Activations hidden, int numTokens, Worker worker, float scale = 1, bool scalesInput = false)
    {
        GpuDevice device = hidden.Device;
        device.Kernels(static accelerator => new Launch(accelerator)).AddChosen(
            device.Stream, device.Groups(1, numTokens), routing.Ids, routing.Weights, down.Floats, hidden.Floats, hidden.Width,
            routing.Host.TopK, scale, scalesInput ? 1 : 0);
    }

    private static void RunFirstHalf<TActivation, TExpert, TUp, TDown>(
        ExpertList<TExpert, TUp, TDown> experts, Routing routing, Activations x, Activations activated)
        where TActivation : struct, IGpuActivation
        where TExpert : struct, IGpuExpert
        where TUp : struct, IGpuMatrix
        where TDown : struct, IGpuMatrix
    {
        experts.StartWave(routing);
        GpuDevice device = x.Device;
        device.Kernels(static accelerator => new UpLaunch<TActivation, TExpert, TUp>(accelerator)).GateAndUp(
            device.Stream, device.Groups(GpuDevice.PanelsOf(TUp.Rows), routing.NumChoices), experts.Choices(routing), x.Pairs,
            activated.Floats);
    }

    private sealed class Launch(Accelerator accelerator)
    {
        public readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int> ScaleRows =
            accelerator.LoadKernel<ArrayView<float>, ArrayView<float>, int>(GatedKernels.ScaleRows);

        public readonly Action<
            AcceleratorStream, KernelConfig, ArrayView<int>, ArrayView<float>, ArrayView<float>, ArrayView<float>, int, int, float, int>
            AddChosen = accelerator.LoadKernel<
                ArrayView<int>, ArrayView<float>, ArrayView<float>, ArrayView<float>, int, int, float, int>(ExpertKernels.AddChosen);
    }

    private sealed class DenseLaunch<TActivation, TMatrix>(Accelerator accelerator)
        where TActivation : struct, IGpuActivation
        where TMatrix : struct, IGpuMatrix
    {
        public readonly Action<AcceleratorStream, KernelConfig, ArrayView<Words>, ArrayView<Words>, ArrayView<Pair>, ArrayView<float>>
            GateAndUp = accelerator.LoadKernel<ArrayView<Words>, ArrayView<Words>, ArrayView<Pair>, ArrayView<float>>(
                GatedKernels.Multiply<TMatrix, TActivation>);

        public readonly Action<AcceleratorStream, KernelConfig, ArrayView<Words>, ArrayView<Pair>, ArrayView<float>> Up =
            accelerator.LoadKernel<ArrayView<Words>, ArrayView<Pair>, ArrayView<float>>(GatedKernels.MultiplyUp<TMatrix, TActivation>);
    }

    private sealed class UpLaunch<TActivation, TExpert, TMatrix>(Accelerator accelerator)
        where TActivation : struct, IGpuActivation
        where TExpert : struct, IGpuExpert
        where TMatrix : struct, IGpuMatrix
    {
        public readonly Action<AcceleratorStream, KernelConfig, Choices, ArrayView<Pair>, ArrayView<float>> GateAndUp =
            accelerator.LoadKernel<Choices, ArrayView<Pair>, ArrayView<float>>(ExpertKernels.GateAndUp<TMatrix, TExpert, TActivation>);
    }

    private sealed class DownLaunch<TExpert, TMatrix>(Accelerator accelerator)
        where TExpert : struct, IGpuExpert
        where TMatrix : struct, IGpuMatrix
    {
        public readonly Action<AcceleratorStream, KernelConfig, Choices, ArrayView<Pair>, ArrayView<float>> Down =
            accelerator.LoadKernel<Choices, ArrayView<Pair>, ArrayView<float>>(ExpertKernels.Down<TMatrix, TExpert>);
    }
}
