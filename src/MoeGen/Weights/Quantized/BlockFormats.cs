namespace MoeGen.Weights.Quantized;

/// <summary>What blocks are asked for where their format is known only at run time: while weights are loaded or looked at.</summary>
internal static unsafe class BlockFormats
{
    /// <summary>Bytes of a row of blocks.</summary>
    public static int RowBytes(WeightFormat format, int columns) =>
        format == WeightFormat.Q8 ? QuantizedLayout.RowBytes<Q8Block>(columns) : QuantizedLayout.RowBytes<Q4Block>(columns);

    /// <inheritdoc cref="QuantizedPanel.TryQuantize"/>
    public static bool TryQuantize(
        WeightFormat format, byte* panel, int row, int numRows, int columns, int firstBlock, int numBlocks, float* tile) =>
        format == WeightFormat.Q8
            ? QuantizedPanel.TryQuantize<Q8Block>(panel, row, numRows, columns, firstBlock, numBlocks, tile)
            : QuantizedPanel.TryQuantize<Q4Block>(panel, row, numRows, columns, firstBlock, numBlocks, tile);

    /// <summary>Finds the first value of a tile, row by row, for which <see cref="TryQuantize"/> has failed.</summary>
    /// <inheritdoc cref="PanelQuantizer.FindTooLarge"/>
    public static (int Row, int Column, float Value) FindTooLarge(WeightFormat format, float* tile) =>
        format == WeightFormat.Q8
            ? PanelQuantizer.FindTooLarge<Q8Block>((byte*)tile, WeightFormat.F32, QuantizedPanel.TileColumns)
            : PanelQuantizer.FindTooLarge<Q4Block>((byte*)tile, WeightFormat.F32, QuantizedPanel.TileColumns);

    /// <inheritdoc cref="QuantizedPanel.WriteBlocks"/>
    public static void WriteBlocks(WeightFormat format, byte* panel, int row, int columns, int firstBlock, ReadOnlySpan<byte> blocks)
    {
        if (format == WeightFormat.Q8)
        {
            QuantizedPanel.WriteBlocks<Q8Block>(panel, row, columns, firstBlock, blocks);
        }
        else
        {
            QuantizedPanel.WriteBlocks<Q4Block>(panel, row, columns, firstBlock, blocks);
        }
    }

    /// <inheritdoc cref="QuantizedPanel.Dequantize"/>
    public static void Dequantize(WeightFormat format, byte* panel, int row, int columns, Span<float> values)
    {
        if (format == WeightFormat.Q8)
        {
            QuantizedPanel.Dequantize<Q8Block>(panel, row, columns, values);
        }
        else
        {
            QuantizedPanel.Dequantize<Q4Block>(panel, row, columns, values);
        }
    }
}
