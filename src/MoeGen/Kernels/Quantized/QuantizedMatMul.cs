using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using MoeGen.Engine;
using MoeGen.Weights;
using MoeGen.Weights.Quantized;

namespace MoeGen.Kernels.Quantized;

/// <summary>
/// Products of quantised activations with the transpose of a quantised matrix: <c>y[t, r] = sum_c w[r, c] * x[t, c]</c>.
/// </summary>
/// <remarks>
/// The codes of a block are multiplied and summed as integers, exactly; then
/// <c>y = fma(sum of the block, weight scale * activation scale, y)</c>, block after block. So an output has the same bits for every
/// width of vectors, number of tokens and workers.
/// </remarks>
internal static unsafe partial class QuantizedMatMul
{
    /// <summary>Bytes of a group of columns of a panel, in every format.</summary>
    internal const int GroupBytes = 64;

    // and of a token's activations
    private const int GroupColumnBytes = 8;

    // inputs of so many bytes stay in the second-level cache while all panels pass
    private const int TokenBytes = 256 * 1024;

    private const int TileTokens = 8;
    private const int TileVectors = 4;

    /// <summary>Computes some rows of a product with the widest vectors of this processor.</summary>
    /// <param name="product">The operands.</param>
    /// <param name="rows">From a multiple of 16 to another, or to the end.</param>
    public static void Run<TShape, TFormat>(in QuantizedProduct product, Share rows)
        where TShape : struct, IMatrixShape
        where TFormat : struct, IQuantizedFormat
    {
        if (Simd512.SupportsPanels)
        {
            TFormat.Run<TShape, Simd512, Vector512<int>, Vector512<float>>(product, rows);
        }
        else if (Simd256.SupportsPanels)
        {
            TFormat.Run<TShape, Simd256, Vector256<int>, Vector256<float>>(product, rows);
        }
        else
        {
            TFormat.Run<TShape, Simd128, Vector128<int>, Vector128<float>>(product, rows);
        }
    }

    /// <summary>Computes some rows of a product with vectors of one width and the weights of one format.</summary>
    internal static void Run<TShape, TDot, TSimd, TInts, TFloats>(in QuantizedProduct product, Share rows)
        where TShape : struct, IMatrixShape
        where TDot : struct, IBlockDot<TInts>
        where TSimd : struct, IPanelSimd<TInts, TFloats>
        where TInts : struct
        where TFloats : struct
    {
        int chunk = Math.Max(
            TileTokens, TokenBytes / QuantizedActivations.BytesPerRow(TShape.Columns, TDot.Activations) / TileTokens * TileTokens);
        for (int first = 0; first < product.NumTokens; first += chunk)
        {
            int end = Math.Min(product.NumTokens, first + chunk);
            int row = rows.Start;
            if (end - first == 1)
            {
                row = RunToken<TShape, TDot, TSimd, TInts, TFloats>(product, rows, first);
            }
            else if (end - first <= 3 && TSimd.Width == MatrixLayout.PanelRows)
            {
                row = RunFew<TShape, TDot, TSimd, TInts, TFloats>(product, rows, first, end - first);
            }

            for (; row < rows.End; row += TSimd.Width)
            {
                RunTokens<TShape, TDot, TSimd, TInts, TFloats>(product, rows, row, first, end);
            }
        }
    }

    // one token waits for memory, and four streams of weights for each other
    [SkipLocalsInit]
    private static int RunToken<TShape, TDot, TSimd, TInts, TFloats>(in QuantizedProduct product, Share rows, int token)
        where TShape : struct, IMatrixShape
        where TDot : struct, IBlockDot<TInts>
        where TSimd : struct, IPanelSimd<TInts, TFloats>
        where TInts : struct
        where TFloats : struct
    {
        float* sums = stackalloc float[TileVectors * MatrixLayout.PanelRows];
        int row = rows.Start;
        int tileRows = TileVectors * TSimd.Width;
        for (; row <= rows.End - tileRows; row += tileRows)
        {
            nuint ahead = product.Ahead(rows, row, tileRows, PanelBytes<TShape, TDot, TInts>());
            Tile4x1<TShape, TDot, TSimd, TInts, TFloats>(product, row, token, ahead, sums);
            product.Store<TSimd, TFloats>(rows, row, tileRows, token, 1, sums);
        }

        return row;
    }

    // two or three tokens wait for it, too
    [SkipLocalsInit]
    private static int RunFew<TShape, TDot, TSimd, TInts, TFloats>(in QuantizedProduct product, Share rows, int token, int numTokens)
        where TShape : struct, IMatrixShape
        where TDot : struct, IBlockDot<TInts>
        where TSimd : struct, IPanelSimd<TInts, TFloats>
        where TInts : struct
        where TFloats : struct
    {
        float* sums = stackalloc float[2 * 3 * MatrixLayout.PanelRows];
        int row = rows.Start;
        int tileRows = 2 * TSimd.Width;
        for (; row <= rows.End - tileRows; row += tileRows)
        {
            nuint ahead = product.Ahead(rows, row, tileRows, PanelBytes<TShape, TDot, TInts>());
            if (numTokens == 2)
            {
                Tile2x2<TShape, TDot, TSimd, TInts, TFloats>(product, row, token, ahead, sums);
            }
            else
            {
                Tile2x3<TShape, TDot, TSimd, TInts, TFloats>(product, row, token, ahead, sums);
            }

            product.Store<TSimd, TFloats>(rows, row, tileRows, token, numTokens, sums);
        }

        return row;
    }

    [SkipLocalsInit]
    private static void RunTokens<TShape, TDot, TSimd, TInts, TFloats>(
        in QuantizedProduct product, Share rows, int row, int token, int end)
        where TShape : struct, IMatrixShape
        where TDot : struct, IBlockDot<TInts>
        where TSimd : struct, IPanelSimd<TInts, TFloats>
        where TInts : struct
        where TFloats : struct
    {
        float* sums = stackalloc float[TileTokens * MatrixLayout.PanelRows];
        for (; token <= end - TileTokens; token += TileTokens)
        {
            Tile1x8<TShape, TDot, TSimd, TInts, TFloats>(product, row, token, sums);
            product.Store<TSimd, TFloats>(rows, row, TSimd.Width, token, TileTokens, sums);
        }

        if (token <= end - 4)
        {
            Tile1x4<TShape, TDot, TSimd, TInts, TFloats>(product, row, token, sums);
            product.Store<TSimd, TFloats>(rows, row, TSimd.Width, token, 4, sums);
            token += 4;
        }

        if (token <= end - 2)
        {
            Tile1x2<TShape, TDot, TSimd, TInts, TFloats>(product, row, token, sums);
            product.Store<TSimd, TFloats>(rows, row, TSimd.Width, token, 2, sums);
            token += 2;
        }

        if (token < end)
        {
            Tile1x1<TShape, TDot, TSimd, TInts, TFloats>(product, row, token, sums);
            product.Store<TSimd, TFloats>(rows, row, TSimd.Width, token, 1, sums);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nuint Blocks<TShape>()
        where TShape : struct, IMatrixShape => (nuint)QuantizedLayout.BlocksPerRow(TShape.Columns);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nuint PanelBytes<TShape, TDot, TInts>()
        where TShape : struct, IMatrixShape
        where TDot : struct, IBlockDot<TInts>
        where TInts : struct =>
        (nuint)TDot.PanelBytes(TShape.Columns);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ushort* Scales<TShape, TDot, TInts>(in QuantizedProduct product, int row)
        where TShape : struct, IMatrixShape
        where TDot : struct, IBlockDot<TInts>
        where TInts : struct =>
        (ushort*)product.Panel(row, PanelBytes<TShape, TDot, TInts>()) + (row % MatrixLayout.PanelRows);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* Codes<TShape, TDot, TInts>(in QuantizedProduct product, int row)
        where TShape : struct, IMatrixShape
        where TDot : struct, IBlockDot<TInts>
        where TInts : struct =>
        product.Panel(row, PanelBytes<TShape, TDot, TInts>())
            + QuantizedLayout.ScaleBytes(TShape.Columns) + (row % MatrixLayout.PanelRows * TDot.RowStride);

    // weights that come from memory are asked for a tile ahead: all panels of a share are one stream. Into the second-level cache: the
    // first one holds inputs, too.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(byte* weights)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch1(weights);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nuint InputScales<TShape, TDot, TInts>()
        where TShape : struct, IMatrixShape
        where TDot : struct, IBlockDot<TInts>
        where TInts : struct => (nuint)QuantizedActivations.ScalesAt(TShape.Columns, TDot.Activations);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nuint InputOffsets<TShape, TDot, TInts>()
        where TShape : struct, IMatrixShape
        where TDot : struct, IBlockDot<TInts>
        where TInts : struct => (nuint)QuantizedActivations.OffsetsAt(TShape.Columns, TDot.Activations);
}
