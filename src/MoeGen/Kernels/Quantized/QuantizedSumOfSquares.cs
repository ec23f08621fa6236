using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MoeGen.Weights;
using MoeGen.Weights.Quantized;

namespace MoeGen.Kernels.Quantized;

/// <summary>
/// <c>sum x²</c> over the elements of a quantised matrix. The squares of a block's codes are summed as integers, exactly, and multiplied
/// by the square of the scale; blocks of a row are summed in float32, rows in double.
/// </summary>
internal static unsafe class QuantizedSumOfSquares
{
    /// <summary>Sum over a matrix, with the widest vectors of this processor.</summary>
    /// <param name="matrix">First byte of its panels.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="format">Q8 or Q4.</param>
    public static double Of(byte* matrix, int rows, int columns, WeightFormat format)
    {
        if (Simd512.SupportsPanels)
        {
            return Of<Simd512, Vector512<int>, Vector512<float>>(matrix, rows, columns, format);
        }

        return Simd256.SupportsPanels
            ? Of<Simd256, Vector256<int>, Vector256<float>>(matrix, rows, columns, format)
            : Of<Simd128, Vector128<int>, Vector128<float>>(matrix, rows, columns, format);
    }

    /// <summary>Sum over a matrix, with vectors of one width.</summary>
    internal static double Of<TSimd, TInts, TFloats>(byte* matrix, int rows, int columns, WeightFormat format)
        where TSimd : struct, IPanelSimd<TInts, TFloats>
        where TInts : struct
        where TFloats : struct
    {
        double sum = 0;
        for (int panel = 0; panel < (rows + MatrixLayout.PanelRows - 1) / MatrixLayout.PanelRows; panel++)
        {
            sum += format == WeightFormat.Q8
                ? OfPanel<Q8Dot<TSimd, TInts, TFloats>, TSimd, TInts, TFloats>(matrix, columns)
                : OfPanel<Q4Dot<TSimd, TInts, TFloats>, TSimd, TInts, TFloats>(matrix, columns);
            matrix += MatrixLayout.PanelBytes(columns, format);
        }

        return sum;
    }

    // what fills up counts nothing: rows have scales of zero, columns codes that mean zero
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double OfPanel<TDot, TSimd, TInts, TFloats>(byte* panel, int columns)
        where TDot : struct, IBlockDot<TInts>
        where TSimd : struct, IPanelSimd<TInts, TFloats>
        where TInts : struct
        where TFloats : struct
    {
        float* sums = stackalloc float[MatrixLayout.PanelRows];
        for (int row = 0; row < MatrixLayout.PanelRows; row += TSimd.Width)
        {
            ushort* scales = (ushort*)panel + row;
            byte* weights = panel + QuantizedLayout.ScaleBytes(columns) + (row * TDot.RowStride);
            TFloats sum = default;
            for (int block = QuantizedLayout.BlocksPerRow(columns); block > 0; block--)
            {
                TInts squares = TDot.StartOfSquares;
                for (int group = 0; group < TDot.GroupsPerBlock; group++)
                {
                    squares = TDot.AddSquares(TDot.LoadSecond(weights), TDot.AddSquares(TDot.LoadFirst(weights), squares));
                    weights += QuantizedMatMul.GroupBytes;
                }

                TFloats scale = TSimd.LoadF16(scales);
                sum = TSimd.MultiplyAdd(TDot.Finish(squares), TSimd.Multiply(scale, scale), sum);
                scales += MatrixLayout.PanelRows;
            }

            TSimd.Store(sums + row, sum);
        }

        double total = 0;
        for (int row = 0; row < MatrixLayout.PanelRows; row++)
        {
            total += sums[row];
        }

        return total;
    }
}
