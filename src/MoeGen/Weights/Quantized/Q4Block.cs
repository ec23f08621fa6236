using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MoeGen.Kernels;

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

    // the value of largest magnitude gets the code 0, which stands for -8: its sign is the scale's; a block of -0 has the scale of one of 0
    public static float ScaleOf(float largest) => (largest + 0f) / -Zero;

    public static void Quantize(ReadOnlySpan<float> values, float inverse, Span<byte> codes)
    {
        for (int i = 0; i < Half; i++)
        {
            codes[i] = (byte)(Code(values[i] * inverse) | (Code(values[Half + i] * inverse) << 4));
        }
    }

    // eight columns at a time, see Interleave; each half of a double word is a whole number that a float holds
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void QuantizeRows<TSimd, TVector, TFormat>(byte* values, TVector inverse, byte* destination)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TFormat : struct, IFloatFormat
    {
        TVector highNibble = TSimd.Broadcast(1 << 4), highByte = TSimd.Broadcast(1 << 8);
        int pairBytes = MatrixLayout.PairBytes(TFormat.Format);
        for (int group = 0; group < QuantizedLayout.BlockSize / 8; group++)
        {
            Codes<TSimd, TVector, TFormat>(values, inverse, out TVector code0, out TVector code1);
            Codes<TSimd, TVector, TFormat>(values + pairBytes, inverse, out TVector code2, out TVector code3);
            Codes<TSimd, TVector, TFormat>(values + (2 * pairBytes), inverse, out TVector code4, out TVector code5);
            Codes<TSimd, TVector, TFormat>(values + (3 * pairBytes), inverse, out TVector code6, out TVector code7);
            TVector byte0 = TSimd.MultiplyAdd(code4, highNibble, code0), byte1 = TSimd.MultiplyAdd(code5, highNibble, code1);
            TVector byte2 = TSimd.MultiplyAdd(code6, highNibble, code2), byte3 = TSimd.MultiplyAdd(code7, highNibble, code3);
            TSimd.StoreInt16Pairs(
                (uint*)destination, TSimd.MultiplyAdd(byte1, highByte, byte0), TSimd.MultiplyAdd(byte3, highByte, byte2));
            values += 4 * pairBytes;
            destination += MatrixLayout.PanelRows * RowStride;
        }
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Codes<TSimd, TVector, TFormat>(byte* pair, TVector inverse, out TVector even, out TVector odd)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TFormat : struct, IFloatFormat
    {
        TFormat.LoadPair<TSimd, TVector>(pair, out even, out odd);
        even = Code<TSimd, TVector>(TSimd.Multiply(even, inverse));
        odd = Code<TSimd, TVector>(TSimd.Multiply(odd, inverse));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Code<TSimd, TVector>(TVector scaled)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct =>
        TSimd.Min(TSimd.Broadcast(MaxCode), TSimd.Truncate(TSimd.Add(scaled, TSimd.Broadcast(Zero + 0.5f))));

    private static int Code(float scaled) => Math.Min(MaxCode, (int)(scaled + (Zero + 0.5f)));
}
