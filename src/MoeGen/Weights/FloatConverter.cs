using System.Numerics;
using System.Runtime.InteropServices;
using MoeGen.Kernels;

namespace MoeGen.Weights;

/// <summary>Converts between the float formats of checkpoints and of memory, and finds values that are not finite.</summary>
internal static class FloatConverter
{
    private const uint F32Exponent = 0x7F80_0000;
    private const ushort F16Exponent = 0x7C00;
    private const ushort Bf16Exponent = 0x7F80;

    /// <summary>Widens to float32; exact for every format.</summary>
    /// <param name="source">Elements in their format, little-endian, a whole number of them.</param>
    /// <param name="format">Format of the source.</param>
    /// <param name="destination">At least as many floats; may not alias.</param>
    public static void Widen(ReadOnlySpan<byte> source, WeightFormat format, Span<float> destination)
    {
        switch (format)
        {
            case WeightFormat.F32:
                MemoryMarshal.Cast<byte, float>(source).CopyTo(destination);
                break;
            case WeightFormat.F16:
                ReadOnlySpan<Half> halves = MemoryMarshal.Cast<byte, Half>(source);
                for (int i = 0; i < halves.Length; i++)
                {
                    destination[i] = (float)halves[i];
                }

                break;
            default:
                ReadOnlySpan<ushort> upper = MemoryMarshal.Cast<byte, ushort>(source);
                for (int i = 0; i < upper.Length; i++)
                {
                    destination[i] = BitConverter.UInt32BitsToSingle((uint)upper[i] << 16);
                }

                break;
        }
    }

    /// <summary>Narrows finite float32 values, to the nearest, ties to even; what is too large becomes an infinity.</summary>
    /// <param name="source">Finite values.</param>
    /// <param name="format">Format of the destination.</param>
    /// <param name="destination">Room for as many elements; may not alias.</param>
    public static void Narrow(ReadOnlySpan<float> source, WeightFormat format, Span<byte> destination)
    {
        switch (format)
        {
            case WeightFormat.F32:
                source.CopyTo(MemoryMarshal.Cast<byte, float>(destination));
                break;
            case WeightFormat.F16:
                Span<Half> halves = MemoryMarshal.Cast<byte, Half>(destination);
                for (int i = 0; i < source.Length; i++)
                {
                    halves[i] = (Half)source[i];
                }

                break;
            default:
                Span<ushort> upper = MemoryMarshal.Cast<byte, ushort>(destination);
                for (int i = 0; i < source.Length; i++)
                {
                    upper[i] = HalfBits.ToBf16(source[i]);
                }

                break;
        }
    }

    /// <summary>Index of the first infinity or NaN, or -1.</summary>
    /// <param name="values">Elements in their format, a whole number of them.</param>
    /// <param name="format">Their format.</param>
    public static int IndexOfNonFinite(ReadOnlySpan<byte> values, WeightFormat format) => format switch
    {
        WeightFormat.F32 => IndexOfAllBitsSet(MemoryMarshal.Cast<byte, uint>(values), F32Exponent),
        WeightFormat.F16 => IndexOfAllBitsSet(MemoryMarshal.Cast<byte, ushort>(values), F16Exponent),
        _ => IndexOfAllBitsSet(MemoryMarshal.Cast<byte, ushort>(values), Bf16Exponent),
    };

    /// <summary>Index of the first infinity or NaN, or -1.</summary>
    /// <param name="values">Values of a computation.</param>
    public static int IndexOfNonFinite(ReadOnlySpan<float> values) => IndexOfNonFinite(MemoryMarshal.AsBytes(values), WeightFormat.F32);

    // an exponent of all ones stands for infinities and NaN in every IEEE-like format
    private static int IndexOfAllBitsSet<T>(ReadOnlySpan<T> values, T mask)
        where T : unmanaged, IBinaryInteger<T>
    {
        Vector<T> masks = new(mask);
        int i = 0;
        for (; i <= values.Length - Vector<T>.Count; i += Vector<T>.Count)
        {
            if (Vector.EqualsAny(new Vector<T>(values[i..]) & masks, masks))
            {
                break;
            }
        }

        for (; i < values.Length; i++)
        {
            if ((values[i] & mask) == mask)
            {
                return i;
            }
        }

        return -1;
    }
}
