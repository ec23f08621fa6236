using System.Runtime.Intrinsics;
using MoeGen.Engine;
using MoeGen.Kernels.Quantized;
using MoeGen.Weights;
using MoeGen.Weights.Quantized;

namespace MoeGen.Kernels;

/// <summary>
/// Products of activations with the transpose of a weight matrix: <c>y[t, r] = sum_c w[r, c] * x[t, c]</c>, as every linear layer of a
/// checkpoint stores them.
/// </summary>
/// <remarks>
/// Workers share the rows of the matrix, so each weight is read once per pass. An output is always summed in the same order, the even
/// columns and the odd ones for themselves: one token at a time, a chunk of a prompt, any thread count and any width of vectors give
/// the same bits. Only a processor without fused multiply-add rounds otherwise. Quantised weights meet activations that are quantised,
/// too, see <see cref="QuantizedMatMul"/>.
/// </remarks>
public static unsafe partial class MatMul
{
    /// <summary>Shares of rows begin at multiples of this: at panels, so that no two workers read the same cache line.</summary>
    internal const int RowGranularity = MatrixLayout.PanelRows;

    // strips whose weights stay in the second-level cache while tile after tile of tokens is multiplied with them; of one token, as many
    // are read at once, because several streams come faster from memory than one
    private const int StripsTogether = 4;

    /// <summary><c>y = scale * x Wᵀ</c>.</summary>
    /// <param name="weight">Weights, [rows, columns].</param>
    /// <param name="x">Inputs, [numTokens, columns] f32; may not alias <paramref name="y"/>.</param>
    /// <param name="y">Outputs, [numTokens, rows] f32; each worker writes its share of the columns.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    /// <param name="scale">Factor on the outputs, a bias included.</param>
    public static void Multiply<TShape, TFormat>(
        Matrix<TShape, TFormat> weight, Activations x, Activations y, int numTokens, Worker worker, float scale = 1)
        where TShape : struct, IMatrixShape
        where TFormat : struct, IWeightFormat =>
        Run(weight, new Product(x, y, numTokens) { Scale = scale }, RowsOf<TShape>(worker));

    /// <summary><c>y = scale * (x Wᵀ + b)</c>.</summary>
    /// <inheritdoc cref="Multiply{TShape, TFormat}(Matrix{TShape, TFormat}, Activations, Activations, int, Worker, float)"/>
    /// <param name="bias">Added to every token, [rows].</param>
    public static void Multiply<TShape, TFormat>(
        Matrix<TShape, TFormat> weight, WeightVector bias, Activations x, Activations y, int numTokens, Worker worker, float scale = 1)
        where TShape : struct, IMatrixShape
        where TFormat : struct, IWeightFormat =>
        Run(weight, new Product(x, y, numTokens) { Bias = bias.Data, Scale = scale }, RowsOf<TShape>(worker));

    /// <summary><c>y += scale * x Wᵀ</c>: adds to the residual stream.</summary>
    /// <inheritdoc cref="Multiply{TShape, TFormat}(Matrix{TShape, TFormat}, Activations, Activations, int, Worker, float)"/>
    /// <param name="scale">Factor on what is added, a bias included.</param>
    public static void MultiplyAdd<TShape, TFormat>(
        Matrix<TShape, TFormat> weight, Activations x, Activations y, int numTokens, Worker worker, float scale = 1)
        where TShape : struct, IMatrixShape
        where TFormat : struct, IWeightFormat =>
        Run(weight, new Product(x, y, numTokens) { AddsToY = true, Scale = scale }, RowsOf<TShape>(worker));

    /// <summary><c>y += scale * (x Wᵀ + b)</c>: adds to the residual stream.</summary>
    /// <inheritdoc cref="MultiplyAdd{TShape, TFormat}(Matrix{TShape, TFormat}, Activations, Activations, int, Worker, float)"/>
    /// <param name="bias">Added to every token, [rows].</param>
    public static void MultiplyAdd<TShape, TFormat>(
        Matrix<TShape, TFormat> weight, WeightVector bias, Activations x, Activations y, int numTokens, Worker worker, float scale = 1)
        where TShape : struct, IMatrixShape
        where TFormat : struct, IWeightFormat =>
        Run(weight, new Product(x, y, numTokens) { Bias = bias.Data, AddsToY = true, Scale = scale }, RowsOf<TShape>(worker));

    /// <summary>The rows of a matrix that a worker computes.</summary>
    internal static Share RowsOf<TShape>(Worker worker)
        where TShape : struct, IMatrixShape =>
        RowsOf(TShape.Rows, worker);

    /// <summary>The rows that a worker computes of a matrix, which are the columns of the outputs that it quantises, where that is wanted.</summary>
    internal static Share RowsOf<TShape>(Activations y, Worker worker)
        where TShape : struct, IMatrixShape =>
        worker.Share(TShape.Rows, y.IsQuantized ? QuantizedLayout.BlockSize : RowGranularity);

    /// <summary>The rows that a worker computes of so many.</summary>
    internal static Share RowsOf(int rows, Worker worker) => worker.Share(rows, RowGranularity);

    /// <summary>Computes some rows of a product, with the widest vectors of this processor.</summary>
    internal static void Run<TShape, TFormat>(Matrix<TShape, TFormat> weight, in Product product, Share rows)
        where TShape : struct, IMatrixShape
        where TFormat : struct, IWeightFormat =>
        TFormat.Multiply<TShape>(weight.Data, product, rows);

    /// <summary>Computes some rows of a product with a matrix of floats, with the widest vectors of this processor.</summary>
    internal static void RunFloats<TShape, TFormat>(Matrix<TShape, TFormat> weight, in Product product, Share rows)
        where TShape : struct, IMatrixShape
        where TFormat : struct, IFloatFormat
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Run<Simd512, Vector512<float>, TShape, TFormat>(weight, product, rows);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            Run<Simd256, Vector256<float>, TShape, TFormat>(weight, product, rows);
        }
        else
        {
            Run<Simd128, Vector128<float>, TShape, TFormat>(weight, product, rows);
        }
    }

    /// <summary>
    /// Computes some rows of a product with vectors of one width. A strip is the rows of a panel that one vector holds: a panel has one
    /// strip of 16 rows, two of 8 or four of 4.
    /// </summary>
    internal static void Run<TSimd, TVector, TShape, TFormat>(Matrix<TShape, TFormat> weight, in Product product, Share rows)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IMatrixShape
        where TFormat : struct, IFloatFormat
    {
        for (int row = rows.Start - (rows.Start % TSimd.Width); row < rows.End; row += StripsTogether * TSimd.Width)
        {
            int end = Math.Min(rows.End, row + (StripsTogether * TSimd.Width));
            int token = 0;
            for (; token <= product.NumTokens - 8 && TSimd.Width == Vector512<float>.Count; token += 8)
            {
                for (int strip = row; strip < end; strip += TSimd.Width)
                {
                    Tile1x8<TSimd, TVector, TShape, TFormat>(weight, product, rows, strip, token);
                }
            }

            // sums of several strips and tokens need the registers that only vectors of 512 bits have
            bool isWide = TSimd.Width == Vector512<float>.Count && end - row > (StripsTogether - 1) * TSimd.Width;
            for (; token <= product.NumTokens - 4; token += 4)
            {
                // measured: float32 comes as fast to one strip, and converting float16 takes as long as waiting for it
                if (isWide && TFormat.Format == WeightFormat.BF16)
                {
                    Tile2x4<TSimd, TVector, TShape, TFormat>(weight, product, rows, row, token);
                    Tile2x4<TSimd, TVector, TShape, TFormat>(weight, product, rows, row + (2 * TSimd.Width), token);
                    continue;
                }

                for (int strip = row; strip < end; strip += TSimd.Width)
                {
                    Tile1x4<TSimd, TVector, TShape, TFormat>(weight, product, rows, strip, token);
                }
            }

            if (isWide && token <= product.NumTokens - 2)
            {
                token = RunFew<TSimd, TVector, TShape, TFormat>(weight, product, rows, row, token);
            }

            for (; token <= product.NumTokens - 2; token += 2)
            {
                for (int strip = row; strip < end; strip += TSimd.Width)
                {
                    Tile1x2<TSimd, TVector, TShape, TFormat>(weight, product, rows, strip, token);
                }
            }

            if (token < product.NumTokens)
            {
                RunToken<TSimd, TVector, TShape, TFormat>(weight, product, rows, row, end, token);
            }
        }
    }

    // two or three tokens wait for memory as one does: several strips are read at once; where the next token begins
    private static int RunFew<TSimd, TVector, TShape, TFormat>(
        Matrix<TShape, TFormat> weight, in Product product, Share rows, int row, int token)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IMatrixShape
        where TFormat : struct, IFloatFormat
    {
        if (product.NumTokens - token == 2)
        {
            Tile4x2<TSimd, TVector, TShape, TFormat>(weight, product, rows, row, token);
            return token + 2;
        }

        Tile2x3<TSimd, TVector, TShape, TFormat>(weight, product, rows, row, token);
        Tile2x3<TSimd, TVector, TShape, TFormat>(weight, product, rows, row + (2 * TSimd.Width), token);
        return token + 3;
    }

    // one token: two sums of a strip keep the processor waiting for additions, those of two or four strips do not
    private static void RunToken<TSimd, TVector, TShape, TFormat>(
        Matrix<TShape, TFormat> weight, in Product product, Share rows, int row, int end, int token)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IMatrixShape
        where TFormat : struct, IFloatFormat
    {
        if (end - row > (StripsTogether - 1) * TSimd.Width)
        {
            Tile4x1<TSimd, TVector, TShape, TFormat>(weight, product, rows, row, token);
            return;
        }

        if (end - row > TSimd.Width)
        {
            Tile2x1<TSimd, TVector, TShape, TFormat>(weight, product, rows, row, token);
            row += 2 * TSimd.Width;
        }

        if (row < end)
        {
            Tile1x1<TSimd, TVector, TShape, TFormat>(weight, product, rows, row, token);
        }
    }
}
