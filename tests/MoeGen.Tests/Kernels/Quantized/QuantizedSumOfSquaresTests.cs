using System.Runtime.Intrinsics;
using MoeGen.Kernels;
using MoeGen.Kernels.Quantized;
using MoeGen.Memory;
using MoeGen.Tests.Weights.Quantized;
using MoeGen.Weights;
using MoeGen.Weights.Quantized;

namespace MoeGen.Tests.Kernels.Quantized;

public unsafe class QuantizedSumOfSquaresTests
{
    // blocks of a row are added in float32
    private const double Tolerance = 1e-5;

    private readonly Random _random = new(1);

    [Fact]
    public void ByHand()
    {
        // scale 0.5, codes 3 and -4: 0.25 x (9 + 16)
        Check<Q8Block>(1, 2, _ => [.. Scale(0.5f), 3, unchecked((byte)-4), .. new byte[30]], 6.25);

        // 7 stands for -1, 10 for 2, 8 for 0: 0.25 x (1 + 4)
        Check<Q4Block>(1, 2, _ => [.. Scale(0.5f), 0x87, 0x8A, .. Enumerable.Repeat((byte)0x88, 14)], 1.25);
    }

    [Fact]
    public void EveryWidthAndShape_AgreesWithTheElements()
    {
        foreach ((int rows, int columns) in new[] { (1, 1), (3, 31), (16, 32), (17, 33), (5, 200), (48, 96), (33, 640) })
        {
            CheckRandom<Q8Block>(rows, columns);
            CheckRandom<Q4Block>(rows, columns);
        }
    }

    [Fact]
    public void ExtremeCodes_DoNotOverflow()
    {
        // 32 x 128² and 32 x 8²; 15 stands for 7
        Check<Q8Block>(1, 32, _ => [.. Scale(1), .. Enumerable.Repeat((byte)0x80, 32)], 32 * 128 * 128);
        Check<Q4Block>(1, 32, _ => [.. Scale(-1), .. new byte[16]], 32 * 64);
        Check<Q4Block>(1, 32, _ => [.. Scale(1), .. Enumerable.Repeat((byte)0xFF, 16)], 32 * 49);
    }

    private static byte[] Scale(float scale) => BitConverter.GetBytes((Half)scale);

    private void CheckRandom<TBlock>(int rows, int columns)
        where TBlock : struct, IBlockFormat
    {
        byte[][] blocks = [.. Enumerable.Range(0, rows).Select(_ => QuantizedRow.Random<TBlock>(_random, columns))];
        double expected = 0;
        foreach (byte[] row in blocks)
        {
            // columns that fill up are zero, as quantisers leave them
            float[] values = new float[QuantizedLayout.BlocksPerRow(columns) * QuantizedLayout.BlockSize];
            BlockQuantizer.Dequantize<TBlock>(row, values.AsSpan(0, columns));
            ClearBehind<TBlock>(row, columns);
            expected += values.Sum(value => (double)value * value);
        }

        Check<TBlock>(rows, columns, row => blocks[row], expected);
    }

    // codes of zero in the last block
    private static void ClearBehind<TBlock>(byte[] row, int columns)
        where TBlock : struct, IBlockFormat
    {
        Span<byte> codes = row.AsSpan(row.Length - TBlock.BytesPerBlock + 2);
        for (int column = columns % QuantizedLayout.BlockSize; column is > 0 and < QuantizedLayout.BlockSize; column++)
        {
            if (typeof(TBlock) == typeof(Q8Block))
            {
                codes[column] = 0;
            }
            else
            {
                codes[column % 16] = (byte)(column < 16 ? (codes[column] & 0xF0) | 0x08 : (codes[column - 16] & 0x0F) | 0x80);
            }
        }
    }

    private static void Check<TBlock>(int rows, int columns, Func<int, byte[]> rowOf, double expected)
        where TBlock : struct, IBlockFormat
    {
        WeightFormat format = typeof(TBlock) == typeof(Q8Block) ? WeightFormat.Q8 : WeightFormat.Q4;
        using NativeBuffer matrix = new(MatrixLayout.SizeInBytes(rows, columns, format));
        for (int row = 0; row < rows; row++)
        {
            byte* panel = matrix.Pointer + (row / 16 * QuantizedLayout.PanelBytes<TBlock>(columns));
            QuantizedPanel.WriteRow<TBlock>(panel, row % 16, columns, rowOf(row));
        }

        double tolerance = expected * Tolerance;
        Assert.Equal(expected, QuantizedSumOfSquares.Of(matrix.Pointer, rows, columns, format), tolerance);
        Assert.Equal(
            expected,
            QuantizedSumOfSquares.Of<Simd128, Vector128<int>, Vector128<float>>(matrix.Pointer, rows, columns, format),
            tolerance);
        if (Simd256.SupportsPanels)
        {
            Assert.Equal(
                expected,
                QuantizedSumOfSquares.Of<Simd256, Vector256<int>, Vector256<float>>(matrix.Pointer, rows, columns, format),
                tolerance);
        }
    }
}
