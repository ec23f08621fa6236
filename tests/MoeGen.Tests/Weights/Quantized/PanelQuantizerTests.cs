using System.Runtime.Intrinsics;
using MoeGen.Kernels;
using MoeGen.Memory;
using MoeGen.Tests.Kernels;
using MoeGen.Weights;
using MoeGen.Weights.Quantized;

namespace MoeGen.Tests.Weights.Quantized;

public unsafe class PanelQuantizerTests
{
    private const int Rows = MatrixLayout.PanelRows;

    [Fact]
    public void Panel_IsThatOfItsRowsOneByOne_InEveryFormatAndWidth()
    {
        foreach (int columns in new[] { 1, 31, 32, 33, 64, 200 })
        {
            Check<F32, Q8Block>(columns);
            Check<F16, Q8Block>(columns);
            Check<Bf16, Q8Block>(columns);
            Check<F32, Q4Block>(columns);
            Check<F16, Q4Block>(columns);
            Check<Bf16, Q4Block>(columns);
        }
    }

    [Fact]
    public void Q8_ByHand()
    {
        // largest magnitude 254: scale 2, and 5 / 2 = 2.5 is rounded away from zero
        using NativeBuffer values = PanelOf<F32>(4, row => row == 3 ? [5, -5, -254, 100] : []);
        using NativeBuffer panel = Quantize<Q8Block>(values, 4);
        ushort* scales = (ushort*)panel.Pointer;
        sbyte* codes = (sbyte*)(panel.Pointer + QuantizedLayout.ScaleBytes(4));
        Assert.Equal([0f, 2f], new[] { scales[2], scales[3] }.Select(bits => (float)BitConverter.UInt16BitsToHalf(bits)));
        Assert.Equal([3, -3], new int[] { codes[6], codes[7] }); // pair 0 of row 3
        Assert.Equal([-127, 50], new int[] { codes[32 + 6], codes[32 + 7] }); // pair 1
    }

    [Fact]
    public void Q4_ByHand()
    {
        // 16 / -8: scale -2. 7 / -2 + 8.5 = 5, 16 / -2 + 8.5 = 0.5, -16 / -2 + 8.5 = 16.5, of which 15 is left; 0 is 8
        using NativeBuffer values = PanelOf<F32>(5, row => row == 3 ? [7, 16, -16, 0, 16] : []);
        using NativeBuffer panel = Quantize<Q4Block>(values, 5);
        byte* codes = panel.Pointer + QuantizedLayout.ScaleBytes(5) + (3 * 4);
        Assert.Equal(-2, (float)BitConverter.UInt16BitsToHalf(((ushort*)panel.Pointer)[3]));
        Assert.Equal([0x05, 0x80, 0x8F, 0x88], new int[] { codes[0], codes[1], codes[2], codes[3] }); // columns 4 to 7 in the high halves
    }

    [Fact]
    public void ValueThatNoScaleHolds_IsRefused_AndFound()
    {
        CheckRefused<Q8Block>(65520 * 127f);
        CheckRefused<Q4Block>(65520 * 8f);
    }

    // rows of all kinds: random ones of any magnitude, and what is rounded or compared at the edge
    private static float[] Row(Random random, int row, int columns) => row switch
    {
        0 => new float[columns],
        1 => [.. Enumerable.Repeat(-0f, columns)],
        2 => [.. Enumerable.Range(0, columns).Select(i => i % 2 == 0 ? 3f : -3)], // the first of equals has the say
        3 => [.. Enumerable.Range(0, columns).Select(i => i % 2 == 0 ? -3f : 3)],
        4 => [.. Enumerable.Range(0, columns).Select(i => i % 32 == 31 ? 127 : (i % 32) - 15.5f)], // halves of a step of Q8
        5 => [.. Enumerable.Range(0, columns).Select(i => i % 32 == 31 ? -8 : (i % 16) - 7.5f)], // and of Q4
        6 => [.. Enumerable.Range(0, columns).Select(i => i % 32 == 0 ? 127 : ((i % 2 * 2) - 1) * 0.49999997f)], // nearly a half
        7 => [.. Enumerable.Range(0, columns).Select(i => i % 5 * 1e-38f)], // no scale that could be divided by
        8 => [.. Enumerable.Range(0, columns).Select(i => i % 5 * 3e-8f)], // scales that are subnormal in 16 bits
        _ => [.. TestRandom.Floats(random, columns).Select(value => value * MathF.Pow(10, random.Next(-4, 4)))],
    };

    private static void Check<TFormat, TBlock>(int columns)
        where TFormat : struct, IFloatFormat
        where TBlock : struct, IBlockFormat
    {
        Random random = new(columns);
        byte[] narrow = new byte[columns * TFormat.Format.BytesPerElement()];
        byte[] blocks = new byte[QuantizedLayout.RowBytes<TBlock>(columns)];
        using NativeBuffer expected = new(QuantizedLayout.PanelBytes<TBlock>(columns));
        using NativeBuffer values = PanelOf<TFormat>(columns, row =>
        {
            float[] exact = Row(random, row, columns);
            FloatConverter.Narrow(exact, TFormat.Format, narrow);
            FloatConverter.Widen(narrow, TFormat.Format, exact);
            Assert.Equal(-1, BlockQuantizer.Quantize<TBlock>(exact, blocks));
            QuantizedPanel.WriteRow<TBlock>(expected.Pointer, row, columns, blocks);
            return exact;
        });
        CheckWidth(values, columns, expected, PanelQuantizer.TryQuantize<Simd128, Vector128<float>, TFormat, TBlock>);
        CheckWidth(values, columns, expected, PanelQuantizer.TryQuantize<Simd256, Vector256<float>, TFormat, TBlock>);
        CheckWidth(values, columns, expected, PanelQuantizer.TryQuantize<Simd512, Vector512<float>, TFormat, TBlock>);
        CheckWidth(values, columns, expected, (panel, numBlocks, scales, codes) =>
            PanelQuantizer.TryQuantize<TBlock>(panel, TFormat.Format, numBlocks, scales, codes));
    }

    private delegate bool Quantizer(byte* values, int numBlocks, ushort* scales, byte* codes);

    private static void CheckWidth(NativeBuffer values, int columns, NativeBuffer expected, Quantizer quantizer)
    {
        using NativeBuffer panel = new(expected.SizeInBytes);
        byte* codes = panel.Pointer + QuantizedLayout.ScaleBytes(columns);
        Assert.True(quantizer(values.Pointer, QuantizedLayout.BlocksPerRow(columns), (ushort*)panel.Pointer, codes));
        Assert.Equal(
            new ReadOnlySpan<byte>(expected.Pointer, (int)expected.SizeInBytes), new ReadOnlySpan<byte>(panel.Pointer, (int)panel.SizeInBytes));
    }

    private static void CheckRefused<TBlock>(float tooLarge)
        where TBlock : struct, IBlockFormat
    {
        foreach (float bad in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity, tooLarge, -tooLarge })
        {
            foreach ((int row, int column) in new[] { (0, 0), (7, 31), (7, 32), (15, 69) })
            {
                // another one behind it, in the rows and in the columns
                using NativeBuffer values = PanelOf<F32>(70, i =>
                {
                    float[] numbers = new float[70];
                    numbers[i == row ? column : 69] = i >= row ? bad : 1;
                    return numbers;
                });
                using NativeBuffer panel = new(QuantizedLayout.PanelBytes<TBlock>(70));
                CheckRefusal(values, panel, PanelQuantizer.TryQuantize<Simd128, Vector128<float>, F32, TBlock>);
                CheckRefusal(values, panel, PanelQuantizer.TryQuantize<Simd256, Vector256<float>, F32, TBlock>);
                CheckRefusal(values, panel, PanelQuantizer.TryQuantize<Simd512, Vector512<float>, F32, TBlock>);
                Assert.Equal((row, column, bad), PanelQuantizer.FindTooLarge<TBlock>(values.Pointer, WeightFormat.F32, 70));
            }
        }

        using NativeBuffer largest = PanelOf<F32>(3, _ => [MathF.BitDecrement(tooLarge), 0, -1]);
        Quantize<TBlock>(largest, 3).Dispose();
        Assert.Equal((-1, -1, 0f), PanelQuantizer.FindTooLarge<TBlock>(largest.Pointer, WeightFormat.F32, 3));
    }

    private static void CheckRefusal(NativeBuffer values, NativeBuffer panel, Quantizer quantizer) =>
        Assert.False(quantizer(
            values.Pointer, QuantizedLayout.BlocksPerRow(70), (ushort*)panel.Pointer, panel.Pointer + QuantizedLayout.ScaleBytes(70)));

    private static NativeBuffer Quantize<TBlock>(NativeBuffer values, int columns)
        where TBlock : struct, IBlockFormat
    {
        NativeBuffer panel = new(QuantizedLayout.PanelBytes<TBlock>(columns));
        byte* codes = panel.Pointer + QuantizedLayout.ScaleBytes(columns);
        int numBlocks = QuantizedLayout.BlocksPerRow(columns);
        Assert.True(PanelQuantizer.TryQuantize<TBlock>(values.Pointer, WeightFormat.F32, numBlocks, (ushort*)panel.Pointer, codes));
        return panel;
    }

    // a panel of 16 rows; values that a row lacks are zero
    private static NativeBuffer PanelOf<TFormat>(int columns, Func<int, float[]> rowOf)
        where TFormat : struct, IFloatFormat
    {
        NativeBuffer panel = new(MatrixLayout.PanelBytes(columns, TFormat.Format));
        byte[] narrow = new byte[columns * TFormat.Format.BytesPerElement()];
        PanelWriter writer = new(panel.Pointer, columns, TFormat.Format);
        for (int row = 0; row < Rows; row++)
        {
            float[] values = rowOf(row);
            FloatConverter.Narrow(values, TFormat.Format, narrow);
            fixed (byte* source = narrow)
            {
                writer.Write(row, 1, 0, values.Length, source, 0);
            }
        }

        return panel;
    }
}
