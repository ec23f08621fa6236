using ILGPU;
using ILGPU.Runtime;
using MoeGen.Engine;
using MoeGen.Gpu.Kernels;

namespace MoeGen.Gpu;

/// <summary>Products of a matrix and the rows of some tokens. The worker of all methods is the one that drives the device.</summary>
public static class MatMul
{
    /// <summary><c>y = scale * W x</c>.</summary>
    /// <param name="w">The matrix.</param>
    /// <param name="x">Inputs, [numTokens, columns].</param>
    /// <param name="y">Outputs, [numTokens, rows]; may not alias.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    /// <param name="scale">Factor on the product, its bias included.</param>
    public static void Multiply<TMatrix>(
        Matrix<TMatrix> w, Activations x, Activations y, int numTokens, Worker worker, float scale = 1)
        where TMatrix : struct, IGpuMatrix =>
        Run(w, default, x, y, numTokens, scale, kept: 0);

    /// <summary><c>y = scale * (W x + bias)</c>.</summary>
    /// <inheritdoc cref="Multiply{TMatrix}(Matrix{TMatrix}, Activations, Activations, int, Worker, float)"/>
    /// <param name="bias">[rows].</param>
    public static void Multiply<TMatrix>(
        Matrix<TMatrix> w, WeightVector bias, Activations x, Activations y, int numTokens, Worker worker, float scale = 1)
        where TMatrix : struct, IGpuMatrix =>
        Run(w, bias, x, y, numTokens, scale, kept: 0);

    /// <summary><c>y += scale * W x</c>.</summary>
    /// <inheritdoc cref="Multiply{TMatrix}(Matrix{TMatrix}, Activations, Activations, int, Worker, float)"/>
    public static void MultiplyAdd<TMatrix>(
        Matrix<TMatrix> w, Activations x, Activations y, int numTokens, Worker worker, float scale = 1)
        where TMatrix : struct, IGpuMatrix =>
        Run(w, default, x, y, numTokens, scale, kept: 1);

    /// <summary><c>y += scale * (W x + bias)</c>.</summary>
    /// <inheritdoc cref="Multiply{TMatrix}(Matrix{TMatrix}, Activations, Activations, int, Worker, float)"/>
    /// <param name="bias">[rows].</param>
    public static void MultiplyAdd<TMatrix>(
        Matrix<TMatrix> w, WeightVector bias, Activations x, Activations y, int numTokens, Worker worker, float scale = 1)
        where TMatrix : struct, IGpuMatrix =>
        Run(w, bias, x, y, numTokens, scale, kept: 1);

    private static void Run<TMatrix>(
        Matrix<TMatrix> w, WeightVector bias, Activations x, Activations y, int numTokens, float scale, int kept)
        where TMatrix : struct, IGpuMatrix
    {
        if (numTokens > 0)
        {
            GpuDevice device = w.Device;
            device.Kernels(static accelerator => new ProductLaunch<TMatrix>(accelerator)).Multiply(
                device.Stream, device.Groups(GpuDevice.PanelsOf(TMatrix.Rows), numTokens), w.Words, x.Pairs, y.Floats, bias.Values, scale, kept);
        }
    }

    private sealed class ProductLaunch<TMatrix>(Accelerator accelerator)
        where TMatrix : struct, IGpuMatrix
    {
        public readonly Action<AcceleratorStream, KernelConfig, ArrayView<Words>, ArrayView<Pair>, ArrayView<float>, ArrayView<float>, float, int>
            Multiply = accelerator.LoadKernel<ArrayView<Words>, ArrayView<Pair>, ArrayView<float>, ArrayView<float>, float, int>(
                ProductKernels.Multiply<TMatrix>);
    }
}
