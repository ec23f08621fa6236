using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace MoeGen.Weights.Quantized;

/// <summary>
/// Q8: codes of 8 bits, <c>value = scale * code</c>. Quantised values have codes from -127 to 127; blocks from elsewhere may hold -128.
/// Source: <c>block_q8_0</c> and <c>quantize_row_q8_0_ref</c> of llama.cpp (ggml-common.h, ggml-quants.c).
/// </summary>
internal readonly unsafe struct Q8Block : IBlockFormat
{
    private const int MaxCode = 127;

    public static int BytesPerBlock => sizeof(ushort) + QuantizedLayout.BlockSize;

    public static int RowStride => sizeof(ushort);

    public static int Quantize(ReadOnlySpan<float> values, Span<byte> block)
    {
        int largest = QuantizedLayout.IndexOfMaxMagnitude(values);
        float scale = MathF.Abs(values[largest]) / MaxCode;
        if (!QuantizedLayout.TryWriteScale(scale, block))
        {
            return largest;
        }

        float inverse = QuantizedLayout.Inverse(scale);
        Span<sbyte> codes = MemoryMarshal.Cast<byte, sbyte>(block[sizeof(ushort)..]);
        for (int i = 0; i < QuantizedLayout.BlockSize; i++)
        {
            codes[i] = (sbyte)MathF.Round(values[i] * inverse, MidpointRounding.AwayFromZero);
        }

        return -1;
    }

    public static void Dequantize(ReadOnlySpan<byte> block, Span<float> values)
    {
        float scale = (float)BinaryPrimitives.ReadHalfLittleEndian(block);
        ReadOnlySpan<sbyte> codes = MemoryMarshal.Cast<byte, sbyte>(block[sizeof(ushort)..]);
        for (int i = 0; i < QuantizedLayout.BlockSize; i++)
        {
            values[i] = scale * codes[i];
        }
    }

    // a pair of columns at a time: 16 words, one for each row
    public static void Interleave(ReadOnlySpan<byte> codes, byte* destination)
    {
        ReadOnlySpan<ushort> pairs = MemoryMarshal.Cast<byte, ushort>(codes);
        ushort* words = (ushort*)destination;
        for (int i = 0; i < pairs.Length; i++)
        {
            words[i * MatrixLayout.PanelRows] = pairs[i];
        }
    }

    public static void Deinterleave(byte* source, Span<byte> codes)
    {
        Span<ushort> pairs = MemoryMarshal.Cast<byte, ushort>(codes);
        ushort* words = (ushort*)source;
        for (int i = 0; i < pairs.Length; i++)
        {
            pairs[i] = words[i * MatrixLayout.PanelRows];
        }
    }
}
