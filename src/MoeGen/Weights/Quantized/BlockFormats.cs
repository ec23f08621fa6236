namespace MoeGen.Weights.Quantized;

/// <summary>What blocks are asked for where their format is known only at run time: while weights are loaded or looked at.</summary>
internal static unsafe class BlockFormats
{
    /// <summary>Bytes of a row of blocks.</summary>
    public static int RowBytes(WeightFormat format, int columns) =>
        format == WeightFormat.Q8 ? QuantizedLayout.RowBytes<Q8Block>(columns) : QuantizedLayout.RowBytes<Q4Block>(columns);

    /// <inheritdoc cref="BlockQuantizer.Quantize"/>
    public static int Quantize(WeightFormat format, ReadOnlySpan<float> values, Span<byte> blocks) =>
        format == WeightFormat.Q8
            ? BlockQuantizer.Quantize<Q8Block>(values, blocks)
            : BlockQuantizer.Quantize<Q4Block>(values, blocks);

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
