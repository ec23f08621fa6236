namespace MoeGen.Weights.Quantized;

/// <summary>Rows of float32 to rows of blocks, and back.</summary>
internal static class BlockQuantizer
{
    /// <summary>Quantises a row.</summary>
    /// <param name="values">The row, of any length; what the last block lacks is zero.</param>
    /// <param name="blocks">Receives <see cref="QuantizedLayout.RowBytes"/> bytes.</param>
    /// <returns>
    /// Index of the first value that is not finite or asks for a scale that a float of 16 bits cannot hold, or -1. The blocks from its
    /// own on are not written then.
    /// </returns>
    public static int Quantize<TBlock>(ReadOnlySpan<float> values, Span<byte> blocks)
        where TBlock : struct, IBlockFormat
    {
        int nonFinite = FloatConverter.IndexOfNonFinite(values);
        Span<float> padded = stackalloc float[QuantizedLayout.BlockSize];
        for (int first = 0; first < values.Length; first += QuantizedLayout.BlockSize)
        {
            if (nonFinite >= 0 && nonFinite < first + QuantizedLayout.BlockSize)
            {
                return nonFinite;
            }

            scoped ReadOnlySpan<float> rest = values[first..];
            if (rest.Length < QuantizedLayout.BlockSize)
            {
                padded.Clear();
                rest.CopyTo(padded);
                rest = padded;
            }

            rest = rest[..QuantizedLayout.BlockSize];
            int largest = QuantizedLayout.IndexOfMaxMagnitude(rest);
            float scale = TBlock.ScaleOf(rest[largest]);
            if (!QuantizedLayout.TryWriteScale(scale, blocks))
            {
                return first + largest;
            }

            TBlock.Quantize(rest, QuantizedLayout.Inverse(scale), blocks[sizeof(ushort)..TBlock.BytesPerBlock]);
            blocks = blocks[TBlock.BytesPerBlock..];
        }

        return -1;
    }

    /// <summary>Computes the values of a row of blocks.</summary>
    /// <param name="blocks">The row.</param>
    /// <param name="values">Receives its values; may end inside the last block.</param>
    public static void Dequantize<TBlock>(ReadOnlySpan<byte> blocks, Span<float> values)
        where TBlock : struct, IBlockFormat
    {
        Span<float> last = stackalloc float[QuantizedLayout.BlockSize];
        while (!values.IsEmpty)
        {
            scoped Span<float> target = values.Length < QuantizedLayout.BlockSize ? last : values;
            TBlock.Dequantize(blocks[..TBlock.BytesPerBlock], target);
            if (values.Length < QuantizedLayout.BlockSize)
            {
                last[..values.Length].CopyTo(values);
                return;
            }

            values = values[QuantizedLayout.BlockSize..];
            blocks = blocks[TBlock.BytesPerBlock..];
        }
    }
}
