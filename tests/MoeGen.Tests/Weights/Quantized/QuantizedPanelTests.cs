using MoeGen.Memory;
using MoeGen.Tests.Kernels;
using MoeGen.Weights;
using MoeGen.Weights.Quantized;

namespace MoeGen.Tests.Weights.Quantized;

public unsafe class QuantizedPanelTests
{
    private readonly Random _random = new(1);

    [Fact]
    public void ARow_ComesBackAsItWasPut_AtEveryLength()
    {
        for (int columns = 1; columns <= 256; columns++)
        {
            CheckRoundTrip<Q8Block>(columns);
            CheckRoundTrip<Q4Block>(columns);
        }
    }

    [Fact]
    public void Q8_LiesInPairsOfColumnsOf16Rows()
    {
        // 3 blocks: scales take 3 x 16 x 2 = 96 bytes, filled up to 128; a block's codes 16 pairs x 32 bytes
        Check<Q8Block>(
            96, 128 + (3 * 512), 128,
            (panel, row, column) => (sbyte)panel[(column / 32 * 512) + (column % 32 / 2 * 32) + (row * 2) + (column % 2)]);
    }

    [Fact]
    public void Q4_LiesInGroupsOfEightColumnsOf16Rows()
    {
        // 3 blocks: as above; a block's codes 4 groups x 64 bytes, columns 0..3 of a group in the low halves of a row's bytes
        Check<Q4Block>(
            96, 128 + (3 * 256), 128,
            (panel, row, column) =>
            {
                byte codes = panel[(column / 32 * 256) + (column % 32 / 8 * 64) + (row * 4) + (column % 4)];
                return (column % 8 < 4 ? codes & 0xF : codes >> 4) - 8;
            });
    }

    [Fact]
    public void SizeInBytes_CountsWholePanels()
    {
        Assert.Equal(64 + 512, MatrixLayout.SizeInBytes(1, 1, WeightFormat.Q8));
        Assert.Equal(2 * (64 + (2 * 256)), MatrixLayout.SizeInBytes(17, 33, WeightFormat.Q4));
        Assert.Equal(128 * 16 * ((64 * 2) + 2048), MatrixLayout.SizeInBytes(2048, 2048, WeightFormat.Q8));
    }

    [Fact]
    public void SomeRows_AreQuantised_AndTheOthersLeftAlone()
    {
        CheckRows<Q8Block>();
        CheckRows<Q4Block>();
    }

    // blocks 1 and 2 of 4 in a panel
    private void CheckRows<TBlock>()
        where TBlock : struct, IBlockFormat
    {
        const int Columns = 100, Tile = QuantizedPanel.TileColumns;
        using NativeBuffer panel = new(QuantizedLayout.PanelBytes<TBlock>(Columns)), tile = new(Tile * 16 * sizeof(float));
        foreach ((int first, int count) in new[] { (0, 16), (0, 1), (3, 5), (15, 1), (4, 12) })
        {
            byte[][] before = [.. Enumerable.Range(0, 16).Select(_ => QuantizedRow.Random<TBlock>(_random, Columns))];
            float[][] values = [.. Enumerable.Range(0, 16).Select(_ => TestRandom.Floats(_random, Tile))];
            for (int row = 0; row < 16; row++)
            {
                QuantizedPanel.WriteRow<TBlock>(panel.Pointer, row, Columns, before[row]);
                for (int column = 0; column < Tile; column++)
                {
                    bool isWritten = row >= first && row < first + count;
                    ((float*)tile.Pointer)[(column * 16) + row] = isWritten ? values[row][column] : 0;
                }
            }

            Assert.True(QuantizedPanel.TryQuantize<TBlock>(panel.Pointer, first, count, Columns, 1, 2, (float*)tile.Pointer));
            byte[] actual = new byte[before[0].Length];
            for (int row = 0; row < 16; row++)
            {
                if (row >= first && row < first + count)
                {
                    BlockQuantizer.Quantize<TBlock>(values[row], before[row].AsSpan(TBlock.BytesPerBlock));
                }

                QuantizedPanel.ReadRow<TBlock>(panel.Pointer, row, Columns, actual);
                Assert.Equal(before[row], actual);
            }
        }
    }

    private delegate int Code(byte* codes, int row, int column);

    private void Check<TBlock>(int columns, int panelBytes, int codesAt, Code code)
        where TBlock : struct, IBlockFormat
    {
        Assert.Equal(panelBytes, QuantizedLayout.PanelBytes<TBlock>(columns));
        using NativeBuffer panel = new(panelBytes);
        for (int row = 0; row < 16; row++)
        {
            byte[] blocks = QuantizedRow.Random<TBlock>(_random, columns);
            QuantizedPanel.WriteRow<TBlock>(panel.Pointer, row, columns, blocks);
            for (int column = 0; column < columns; column++)
            {
                Assert.Equal(QuantizedRow.Code<TBlock>(blocks, column), code(panel.Pointer + codesAt, row, column));
                Assert.Equal(QuantizedRow.Scale<TBlock>(blocks, column), (float)((Half*)panel.Pointer)[(column / 32 * 16) + row]);
            }
        }
    }

    private void CheckRoundTrip<TBlock>(int columns)
        where TBlock : struct, IBlockFormat
    {
        using NativeBuffer panel = new(QuantizedLayout.PanelBytes<TBlock>(columns));
        byte[][] rows = [.. Enumerable.Range(0, 16).Select(_ => QuantizedRow.Random<TBlock>(_random, columns))];
        for (int row = 0; row < rows.Length; row++)
        {
            QuantizedPanel.WriteRow<TBlock>(panel.Pointer, row, columns, rows[row]);
        }

        byte[] back = new byte[rows[0].Length];
        float[] values = new float[columns], expected = new float[columns];
        for (int row = 0; row < rows.Length; row++)
        {
            QuantizedPanel.ReadRow<TBlock>(panel.Pointer, row, columns, back);
            Assert.Equal(rows[row], back);
            QuantizedPanel.Dequantize<TBlock>(panel.Pointer, row, columns, values);
            BlockQuantizer.Dequantize<TBlock>(rows[row], expected);
            Assert.Equal(expected, values);
        }
    }
}
