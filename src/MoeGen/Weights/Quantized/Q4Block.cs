using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace MoeGen.Weights.Quantized;

/// <summary>
/// Q4: codes of 4 bits, <c>value = scale * (code - 8)</c>. Byte j of a block holds the code of column j in its low half and that of
/// column 16 + j in its high one. Source: <c>block_q4_0</c> and <c>quantize_row_q4_0_ref</c> of llama.cpp (ggml-common.h, ggml-quants.c).
/// </summary>
internal readonly unsafe struct Q4Block : IBlockFormat
{
    private const int MaxCode = 15;
    private const int Half = QuantizedLayout.BlockSize / 2;

    // the low halves of four bytes
    private const uint LowNibbles = 0x0F0F_0F0F;

    /// <summary>The code that stands for zero.</summary>
    public const int Zero = 8;

    public static int BytesPerBlock => sizeof(ushort) + Half;

    public static int RowStride => sizeof(uint);

    public static int Quantize(ReadOnlySpan<float> values, Span<byte> block)
    {
        // the value of largest magnitude gets the code 0, which stands for -8: its sign is the scale's
        int largest = QuantizedLayout.IndexOfMaxMagnitude(values);
        float scale = (values[largest] + 0f) / -Zero; // a block of -0 has the scale of one of 0
        if (!QuantizedLayout.TryWriteScale(scale, block))
        {
            return largest;
        }

        float inverse = QuantizedLayout.Inverse(scale);
        Span<byte> codes = block[sizeof(ushort)..];
        for (int i = 0; i < Half; i++)
        {
            codes[i] = (byte)(Code(values[i] * inverse) | (Code(values[Half + i] * inverse) << 4));
        }

        return -1;
    }

    public static void Dequantize(ReadOnlySpan<byte> block, Span<float> values)
    {
        float scale = (float)BinaryPrimitives.ReadHalfLittleEndian(block);
        ReadOnlySpan<byte> codes = block[sizeof(ushort)..];
        for (int i = 0; i < Half; i++)
        {
            values[i] = scale * ((codes[i] & MaxCode) - Zero);
            values[Half + i] = scale * ((codes[i] >> 4) - Zero);
        }
    }

    // eight columns at a time: 16 double words, one for each row, columns 0..3 in the low halves of its bytes and 4..7 in the high ones
    public static void Interleave(ReadOnlySpan<byte> codes, byte* destination)
    {
        ReadOnlySpan<uint> quads = MemoryMarshal.Cast<byte, uint>(codes);
        uint* groups = (uint*)destination;
        groups[0] = (quads[0] & LowNibbles) | ((quads[1] & LowNibbles) << 4);
        groups[MatrixLayout.PanelRows] = (quads[2] & LowNibbles) | ((quads[3] & LowNibbles) << 4);
        groups[2 * MatrixLayout.PanelRows] = ((quads[0] >> 4) & LowNibbles) | (quads[1] & ~LowNibbles);
        groups[3 * MatrixLayout.PanelRows] = ((quads[2] >> 4) & LowNibbles) | (quads[3] & ~LowNibbles);
    }

    public static void Deinterleave(byte* source, Span<byte> codes)
    {
        Span<uint> quads = MemoryMarshal.Cast<byte, uint>(codes);
        uint* groups = (uint*)source;
        uint first = groups[0], second = groups[MatrixLayout.PanelRows];
        uint third = groups[2 * MatrixLayout.PanelRows], fourth = groups[3 * MatrixLayout.PanelRows];
        quads[0] = (first & LowNibbles) | ((third & LowNibbles) << 4);
        quads[1] = ((first >> 4) & LowNibbles) | (third & ~LowNibbles);
        quads[2] = (second & LowNibbles) | ((fourth & LowNibbles) << 4);
        quads[3] = ((second >> 4) & LowNibbles) | (fourth & ~LowNibbles);
    }

    private static int Code(float scaled) => Math.Min(MaxCode, (int)(scaled + (Zero + 0.5f)));
}
