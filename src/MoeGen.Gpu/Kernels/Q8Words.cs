using ILGPU;

namespace MoeGen.Gpu.Kernels;

/// <summary>A pair of columns of 8 rows in Q8: 2 bytes of codes a row, the even column in the lower one, and a scale.</summary>
/// <remarks>
/// The bits of a code in the fraction of 2^23 make the float 2^23 + code: one logic operation and one subtraction decode it, without a
/// conversion. The odd code stays where it is, 256 times as large, and its activation is divided instead; both are exact.
/// </remarks>
public static class Q8Words
{
    private const int RowBits = 16;

    private const uint EvenCode = 0xFF, OddCode = 0xFF00;

    // 2^23, and the sign of the code turned over: codes from -128 to 127 become 0 to 255
    private const uint EvenBits = 0x4B00_0080, OddBits = 0x4B00_8000;
    private const float EvenZero = 0x80_0080, OddZero = 0x80_8000;
    private const float OddScale = 1f / 256;

    /// <summary>Adds the products of 8 rows with a pair of activations.</summary>
    /// <param name="sums">Sums so far.</param>
    /// <param name="scales">Scales of rows 0 to 7 in this block of 32 columns, floats of 16 bits.</param>
    /// <param name="codes">Codes of rows 0 to 7.</param>
    /// <param name="x">The activations.</param>
    public static Sums Add(Sums sums, Words scales, Words codes, Pair x)
    {
        x.Odd *= OddScale;
        sums.Row0 += F16Words.Lower(scales.X) * Product(codes.X, x);
        sums.Row1 += F16Words.Upper(scales.X) * Product(codes.X >> RowBits, x);
        sums.Row2 += F16Words.Lower(scales.Y) * Product(codes.Y, x);
        sums.Row3 += F16Words.Upper(scales.Y) * Product(codes.Y >> RowBits, x);
        sums.Row4 += F16Words.Lower(scales.Z) * Product(codes.Z, x);
        sums.Row5 += F16Words.Upper(scales.Z) * Product(codes.Z >> RowBits, x);
        sums.Row6 += F16Words.Lower(scales.W) * Product(codes.W, x);
        sums.Row7 += F16Words.Upper(scales.W) * Product(codes.W >> RowBits, x);
        return sums;
    }

    private static float Product(uint row, Pair x)
    {
        float even = Interop.IntAsFloat((row & EvenCode) ^ EvenBits) - EvenZero;
        float odd = Interop.IntAsFloat((row & OddCode) ^ OddBits) - OddZero;
        return (even * x.Even) + (odd * x.Odd);
    }
}
