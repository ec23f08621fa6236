using MoeGen.Memory;
using MoeGen.Weights;
using MoeGen.Weights.Quantized;

namespace MoeGen.Tests.Weights.Quantized;

public sealed class Q4ExpansionTests
{
    public static TheoryData<WeightFormat, int, int> Shapes
    {
        get
        {
            TheoryData<WeightFormat, int, int> shapes = [];
            foreach (WeightFormat format in Enum.GetValues<WeightFormat>().Where(format => !format.IsQuantized()))
            {
                foreach ((int rows, int columns) in new[] { (1, 1), (16, 32), (5, 31), (17, 33), (48, 96), (33, 200) })
                {
                    shapes.Add(format, rows, columns);
                }
            }

            return shapes;
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public unsafe void Panels_AreThoseOfTheDequantisedRows(WeightFormat format, int rows, int columns)
    {
        Random random = new((rows * 1000) + columns);
        int padded = MatrixLayout.PaddedColumns(columns);
        int panels = (rows + 15) / 16, panelBytes = QuantizedLayout.PanelBytes<Q4Block>(columns);
        using NativeBuffer quantized = new((long)panels * panelBytes);
        using NativeBuffer expected = new(MatrixLayout.SizeInBytes(rows, columns, format)), actual = new(expected.SizeInBytes);
        float[] values = new float[padded];
        byte[] blocks = new byte[QuantizedLayout.RowBytes<Q4Block>(columns)], narrow = new byte[padded * format.BytesPerElement()];
        for (int row = 0; row < panels * MatrixLayout.PanelRows; row++)
        {
            // magnitudes from halves that are subnormal to the largest; the columns that fill up, and the rows, too
            for (int i = 0; i < padded; i++)
            {
                values[i] = (float)((random.NextDouble() - 0.5) * Math.Pow(2, (row * 3 % 42) - 27));
            }

            Assert.Equal(-1, BlockQuantizer.Quantize<Q4Block>(values, blocks));
            (int panel, int place) = Math.DivRem(row, MatrixLayout.PanelRows);
            QuantizedPanel.WriteRow<Q4Block>(quantized.Pointer + (panel * panelBytes), place, columns, blocks);
            BlockQuantizer.Dequantize<Q4Block>(blocks, values);
            FloatConverter.Narrow(values, format, narrow);
            fixed (byte* source = narrow)
            {
                new PanelWriter(expected.Pointer, columns, format).Write(row, 1, 0, padded, source, narrow.Length);
            }
        }

        Q4Expansion.Expand(quantized.Pointer, panels, columns, format, actual.Pointer);
        Assert.Equal(
            new ReadOnlySpan<byte>(expected.Pointer, (int)expected.SizeInBytes),
            new ReadOnlySpan<byte>(actual.Pointer, (int)actual.SizeInBytes));
    }

    [Theory]
    [InlineData(WeightFormat.F32)]
    [InlineData(WeightFormat.F16)]
    [InlineData(WeightFormat.BF16)]
    public unsafe void Code_IsAValue_ByHand(WeightFormat format)
    {
        // scale 0.5 of every row, codes of row 3: column 0 has 15, column 4 has 1, all others 8: 0.5 x (15 - 8) = 3.5, 0.5 x (1 - 8) = -3.5
        using NativeBuffer panel = new(QuantizedLayout.PanelBytes<Q4Block>(32)), words = new(MatrixLayout.PanelBytes(32, format));
        new Span<ushort>(panel.Pointer, 16).Fill(BitConverter.HalfToUInt16Bits((Half)0.5f));
        byte* codes = panel.Pointer + QuantizedLayout.ScaleBytes(32);
        new Span<byte>(codes, QuantizedLayout.CodeBytes<Q4Block>()).Fill(0x88);
        codes[3 * 4] = 0x1F;
        Q4Expansion.Expand(panel.Pointer, 1, 32, format, words.Pointer);
        float[] row = new float[32], other = new float[32];
        PanelRow.Widen(words.Pointer + (3 * MatrixLayout.WordBytes), format, row);
        PanelRow.Widen(words.Pointer, format, other);
        Assert.Equal([3.5f, 0, 0, 0, -3.5f, .. new float[27]], row);
        Assert.All(other, value => Assert.Equal(0, value));
    }
}
