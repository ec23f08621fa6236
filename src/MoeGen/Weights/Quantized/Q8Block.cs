using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MoeGen.Kernels;

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

    public static float ScaleOf(float largest) => MathF.Abs(largest) / MaxCode;

    public static void Quantize(ReadOnlySpan<float> values, float inverse, Span<byte> codes)
    {
        for (int i = 0; i < QuantizedLayout.BlockSize; i++)
        {
            codes[i] = (byte)(sbyte)MathF.Round(values[i] * inverse, MidpointRounding.AwayFromZero);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void QuantizeRows<TSimd, TVector, TFormat>(byte* values, TVector inverse, byte* destination)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TFormat : struct, IFloatFormat
    {
        for (int pair = 0; pair < QuantizedLayout.BlockSize / 2; pair++)
        {
            TFormat.LoadPair<TSimd, TVector>(values, out TVector even, out TVector odd);
            TSimd.StoreInt8Pairs(
                destination, Round<TSimd, TVector>(TSimd.Multiply(even, inverse)), Round<TSimd, TVector>(TSimd.Multiply(odd, inverse)));
            values += MatrixLayout.PairBytes(TFormat.Format);
            destination += MatrixLayout.PanelRows * RowStride;
        }
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

    // to the nearest, ties away from zero: twice what a truncated number loses is 1 or more from a half on, and exact
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Round<TSimd, TVector>(TVector value)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector whole = TSimd.Truncate(value), lost = TSimd.MultiplyAdd(whole, TSimd.Broadcast(-1), value);
        return TSimd.Add(whole, TSimd.Truncate(TSimd.Add(lost, lost)));
    }
}
