using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MoeGen.Kernels;

namespace MoeGen.Weights.Quantized;

/// <summary>
/// Quantises 16 rows at once that lie as in a panel of a float format. A vector is a column of some rows, so nothing is searched or moved
/// across a vector, and codes come out in the order of the quantised panel.
/// </summary>
/// <remarks>The same bits as those of <see cref="BlockQuantizer"/>, row by row, for every width of vectors.</remarks>
internal static unsafe class PanelQuantizer
{
    /// <summary>Quantises whole blocks of all rows.</summary>
    /// <param name="values">Their first pair of columns in a panel of a float format; in F16 finite ones.</param>
    /// <param name="format">That format.</param>
    /// <param name="numBlocks">Blocks of a row.</param>
    /// <param name="scales">Receives [<paramref name="numBlocks"/>, 16 rows] floats of 16 bits.</param>
    /// <param name="codes">Receives <paramref name="numBlocks"/> times <see cref="QuantizedLayout.CodeBytes"/> bytes.</param>
    /// <returns>
    /// False: a value is not finite or asks for a scale that a float of 16 bits cannot hold (<see cref="FindTooLarge"/> says which), and
    /// what has been written is of no use.
    /// </returns>
    public static bool TryQuantize<TBlock>(byte* values, WeightFormat format, int numBlocks, ushort* scales, byte* codes)
        where TBlock : struct, IBlockFormat => format switch
        {
            WeightFormat.F32 => TryQuantize<F32, TBlock>(values, numBlocks, scales, codes),
            WeightFormat.F16 => TryQuantize<F16, TBlock>(values, numBlocks, scales, codes),
            WeightFormat.BF16 => TryQuantize<Bf16, TBlock>(values, numBlocks, scales, codes),
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "Values to quantise have a float format."),
        };

    /// <summary>Finds the first value, row by row, for which <see cref="TryQuantize{TBlock}"/> has failed.</summary>
    /// <param name="values">First word of a panel of a float format.</param>
    /// <param name="format">That format.</param>
    /// <param name="columns">Columns to look at.</param>
    /// <returns>Where it is, and its value; row -1: there is none.</returns>
    public static (int Row, int Column, float Value) FindTooLarge<TBlock>(byte* values, WeightFormat format, int columns)
        where TBlock : struct, IBlockFormat
    {
        float[] row = new float[columns];
        byte[] blocks = new byte[QuantizedLayout.RowBytes<TBlock>(columns)];
        for (int i = 0; i < MatrixLayout.PanelRows; i++)
        {
            PanelRow.Widen(values + (i * MatrixLayout.WordBytes), format, row);
            int column = BlockQuantizer.Quantize<TBlock>(row, blocks);
            if (column >= 0)
            {
                return (i, column, row[column]);
            }
        }

        return (-1, -1, 0);
    }

    private static bool TryQuantize<TFormat, TBlock>(byte* values, int numBlocks, ushort* scales, byte* codes)
        where TFormat : struct, IFloatFormat
        where TBlock : struct, IBlockFormat
    {
        if (Vector512.IsHardwareAccelerated)
        {
            return TryQuantize<Simd512, Vector512<float>, TFormat, TBlock>(values, numBlocks, scales, codes);
        }

        return Vector256.IsHardwareAccelerated
            ? TryQuantize<Simd256, Vector256<float>, TFormat, TBlock>(values, numBlocks, scales, codes)
            : TryQuantize<Simd128, Vector128<float>, TFormat, TBlock>(values, numBlocks, scales, codes);
    }

    /// <summary>Quantises with vectors of one width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static bool TryQuantize<TSimd, TVector, TFormat, TBlock>(byte* values, int numBlocks, ushort* scales, byte* codes)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TFormat : struct, IFloatFormat
        where TBlock : struct, IBlockFormat
    {
        float* rows = stackalloc float[MatrixLayout.PanelRows]; // the largest of each row, and then what its values are multiplied by
        for (; numBlocks > 0; numBlocks--)
        {
            for (int row = 0; row < MatrixLayout.PanelRows; row += TSimd.Width)
            {
                TSimd.Store(rows + row, Largest<TSimd, TVector, TFormat>(values + (row * MatrixLayout.WordBytes)));
            }

            if (!TryScale<TBlock>(rows, scales))
            {
                return false;
            }

            for (int row = 0; row < MatrixLayout.PanelRows; row += TSimd.Width)
            {
                TBlock.QuantizeRows<TSimd, TVector, TFormat>(
                    values + (row * MatrixLayout.WordBytes), TSimd.Load(rows + row), codes + (row * TBlock.RowStride));
            }

            values += QuantizedLayout.BlockSize / 2 * MatrixLayout.PairBytes(TFormat.Format);
            scales += MatrixLayout.PanelRows;
            codes += QuantizedLayout.CodeBytes<TBlock>();
        }

        return true;
    }

    // of each row the value of largest magnitude, the first of equals; in two halves, because each comparison waits for the one before
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Largest<TSimd, TVector, TFormat>(byte* values)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TFormat : struct, IFloatFormat
    {
        byte* second = values + (QuantizedLayout.BlockSize / 4 * MatrixLayout.PairBytes(TFormat.Format));
        TVector largest = TSimd.Zero, ofSecond = TSimd.Zero;
        for (int pair = 0; pair < QuantizedLayout.BlockSize / 4; pair++)
        {
            TFormat.LoadPair<TSimd, TVector>(values, out TVector even, out TVector odd);
            largest = TSimd.LargerMagnitude(TSimd.LargerMagnitude(largest, even), odd);
            TFormat.LoadPair<TSimd, TVector>(second, out even, out odd);
            ofSecond = TSimd.LargerMagnitude(TSimd.LargerMagnitude(ofSecond, even), odd);
            values += MatrixLayout.PairBytes(TFormat.Format);
            second += MatrixLayout.PairBytes(TFormat.Format);
        }

        return TSimd.LargerMagnitude(largest, ofSecond);
    }

    // 16 scales for 512 values: .NET rounds to 16 bits without vectors
    private static bool TryScale<TBlock>(float* rows, ushort* scales)
        where TBlock : struct, IBlockFormat
    {
        bool areFinite = true;
        for (int row = 0; row < MatrixLayout.PanelRows; row++)
        {
            float scale = TBlock.ScaleOf(rows[row]);
            areFinite &= QuantizedLayout.TryWriteScale(scale, new Span<byte>(scales + row, sizeof(ushort)));
            rows[row] = QuantizedLayout.Inverse(scale);
        }

        return areFinite;
    }
}
