using MoeGen.Engine;
using MoeGen.Kernels;

namespace MoeGen.Benchmarks.Rooflines;

/// <summary>Products with one matrix after the other, as a forward pass has them.</summary>
internal static unsafe class ProductCase
{
    /// <summary>Lays matrices over memory.</summary>
    /// <param name="kernel">As the page names it.</param>
    /// <param name="weights">The memory; as many matrices as it has room for take turns.</param>
    /// <param name="numTokens">Tokens.</param>
    public static KernelCase Create<TShape, TFormat>(string kernel, MemoryRange weights, int numTokens)
        where TShape : struct, IMatrixShape
        where TFormat : struct, IWeightFormat
    {
        TokenRows x = new(numTokens, TShape.Columns, TFormat.Format), y = new(numTokens, TShape.Rows);
        return new KernelCase(x, y)
        {
            Kernel = kernel,
            Format = TFormat.Format.ToString(),
            NumTokens = numTokens,
            Work = KernelWork.OfProduct<TShape, TFormat>(numTokens),
            Arithmetic = Arithmetics.Of(TFormat.Format),
            Memory = weights,
            Run = Multiply<TShape, TFormat>(weights, x.Rows, y.Rows, numTokens),
        };
    }

    /// <summary>The product by itself, for other rows.</summary>
    /// <param name="weights">Matrices.</param>
    /// <param name="x">Inputs, [numTokens, columns].</param>
    /// <param name="y">Outputs, [numTokens, rows].</param>
    /// <param name="numTokens">Tokens.</param>
    public static Action<Worker, int> Multiply<TShape, TFormat>(MemoryRange weights, Activations x, Activations y, int numTokens)
        where TShape : struct, IMatrixShape
        where TFormat : struct, IWeightFormat
    {
        long matrixBytes = Matrix<TShape, TFormat>.SizeInBytes;
        int count = (int)(weights.Length / matrixBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1, nameof(weights));
        return (worker, run) =>
        {
            Matrix<TShape, TFormat> matrix = new(weights.Start + (run % count * matrixBytes));
            MatMul.Multiply(matrix, x, y, numTokens, worker);
        };
    }
}
