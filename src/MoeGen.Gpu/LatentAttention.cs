using ILGPU;
using ILGPU.Runtime;
using MoeGen.Engine;
using MoeGen.Gpu.Kernels;
using MoeGen.Kernels;

namespace MoeGen.Gpu;

/// <summary>
/// Multi-head latent attention on the device, without keys and values of the heads; see <see cref="MoeGen.Kernels.LatentAttention"/>.
/// </summary>
public static class LatentAttention
{
    /// <summary>Queries in the space of the latents: <c>[W_ukᵀ q_nope | q_rope]</c> of every head.</summary>
    /// <typeparam name="TLatent">The dimensions.</typeparam>
    /// <typeparam name="TMatrix">kv_b_proj, in a format of floats.</typeparam>
    /// <param name="kvBProj">Weights, [heads * (nope + value), kvLoraRank].</param>
    /// <param name="queries">Queries with their rotated part behind the other, [numTokens, heads * (nope + rope)].</param>
    /// <param name="latentQueries">Receives the result, [numTokens, heads * (kvLoraRank + rope)]; may not alias.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    public static void Absorb<TLatent, TMatrix>(
        Matrix<TMatrix> kvBProj, Activations queries, Activations latentQueries, int numTokens, Worker worker)
        where TLatent : struct, ILatentShape
        where TMatrix : struct, IGpuMatrix
    {
        GpuDevice device = kvBProj.Device;
        int rounds = (RowStride.PairsOf(TLatent.KvLoraRank) + device.Lanes - 1) / device.Lanes;
        device.Kernels(static accelerator => new Launch<TLatent, TMatrix>(accelerator)).Absorb(
            device.Stream, device.Groups(rounds, TLatent.NumHeads, numTokens), kvBProj.Words, queries.Floats, latentQueries.Floats);
    }

    /// <summary>Values of the heads from attended latents: <c>y_h = W_uv attended_h</c>.</summary>
    /// <inheritdoc cref="Absorb{TLatent, TMatrix}(Matrix{TMatrix}, Activations, Activations, int, Worker)"/>
    /// <param name="attended">Latents that the heads have seen, [numTokens, heads * kvLoraRank].</param>
    /// <param name="y">Receives the values, [numTokens, heads * value]; may not alias.</param>
    public static void Expand<TLatent, TMatrix>(
        Matrix<TMatrix> kvBProj, Activations attended, Activations y, int numTokens, Worker worker)
        where TLatent : struct, ILatentShape
        where TMatrix : struct, IGpuMatrix
    {
        GpuDevice device = kvBProj.Device;

        // a head's values may begin at the last row of a panel
        int panels = GpuDevice.PanelsOf(TLatent.ValueDim + PanelSums.Rows - 1);
        device.Kernels(static accelerator => new Launch<TLatent, TMatrix>(accelerator)).Expand(
            device.Stream, device.Groups(panels, TLatent.NumHeads, numTokens), kvBProj.Words, attended.Floats, y.Floats);
    }

    private sealed class Launch<TLatent, TMatrix>(Accelerator accelerator)
        where TLatent : struct, ILatentShape
        where TMatrix : struct, IGpuMatrix
    {
        public readonly Action<AcceleratorStream, KernelConfig, ArrayView<Words>, ArrayView<float>, ArrayView<float>> Absorb =
            accelerator.LoadKernel<ArrayView<Words>, ArrayView<float>, ArrayView<float>>(LatentKernels.Absorb<TLatent, TMatrix>);

        public readonly Action<AcceleratorStream, KernelConfig, ArrayView<Words>, ArrayView<float>, ArrayView<float>> Expand =
            accelerator.LoadKernel<ArrayView<Words>, ArrayView<float>, ArrayView<float>>(LatentKernels.Expand<TLatent, TMatrix>);
    }
}
