using ILGPU;

namespace MoeGen.Gpu.Kernels;

/// <summary>
/// A group of 8 columns of 8 rows in Q4: 4 bytes of codes a row, columns 0 to 3 in the low halves of the bytes and 4 to 7 in the high ones,
/// and a scale.
/// </summary>
/// <remarks>
/// Codes are decoded as in <see cref="Q8Words"/>, in place: one that lies at bit n is 2^n times as large, and its activation is divided
/// instead, once for all rows. Both are exact. The fraction has room for codes up to bit 19; those behind are shifted down together.
/// </remarks>
public static class Q4Words
{
    // 2^23; a code in its fraction adds to it
    private const uint Bits = 0x4B00_0000;

    // where the code of a column lies, and what 2^23 and the code of zero, 8, are there
    private const uint Code0 = 0xF, Code4 = 0xF0, Code8 = 0xF00, Code12 = 0xF000, Code16 = 0xF_0000;
    private const float Zero0 = 0x80_0008, Zero4 = 0x80_0080, Zero8 = 0x80_0800, Zero12 = 0x80_8000, Zero16 = 0x88_0000;
    private const float Scale4 = 1f / (1 << 4), Scale8 = 1f / (1 << 8), Scale12 = 1f / (1 << 12), Scale16 = 1f / (1 << 16);

    // bits in front of the codes of columns 6, 3 and 7
    private const int LastCodes = 20;

    /// <summary>Adds the products of 8 rows with 8 activations.</summary>
    /// <param name="sums">Sums so far.</param>
    /// <param name="scales">Scales of rows 0 to 7 in this block of 32 columns, floats of 16 bits.</param>
    /// <param name="low">Codes of rows 0 to 3.</param>
    /// <param name="high">Codes of rows 4 to 7.</param>
    /// <param name="x01">Activations of columns 0 and 1 of the group.</param>
    /// <param name="x23">Those of columns 2 and 3.</param>
    /// <param name="x45">Those of columns 4 and 5.</param>
    /// <param name="x67">Those of columns 6 and 7.</param>
    public static Sums Add(Sums sums, Words scales, Words low, Words high, Pair x01, Pair x23, Pair x45, Pair x67)
    {
        x01.Odd *= Scale8;
        x23.Even *= Scale16;
        x23.Odd *= Scale4;
        x45.Even *= Scale4;
        x45.Odd *= Scale12;
        x67.Odd *= Scale8;
        sums.Row0 += F16Words.Lower(scales.X) * Product(low.X, x01, x23, x45, x67);
        sums.Row1 += F16Words.Upper(scales.X) * Product(low.Y, x01, x23, x45, x67);
        sums.Row2 += F16Words.Lower(scales.Y) * Product(low.Z, x01, x23, x45, x67);
        sums.Row3 += F16Words.Upper(scales.Y) * Product(low.W, x01, x23, x45, x67);
        sums.Row4 += F16Words.Lower(scales.Z) * Product(high.X, x01, x23, x45, x67);
        sums.Row5 += F16Words.Upper(scales.Z) * Product(high.Y, x01, x23, x45, x67);
        sums.Row6 += F16Words.Lower(scales.W) * Product(high.Z, x01, x23, x45, x67);
        sums.Row7 += F16Words.Upper(scales.W) * Product(high.W, x01, x23, x45, x67);
        return sums;
    }

    private static float Product(uint row, Pair x01, Pair x23, Pair x45, Pair x67)
    {
        uint last = row >> LastCodes;
        float product = (Code(row, Code0, Zero0) * x01.Even) + (Code(row, Code8, Zero8) * x01.Odd);
        product += (Code(row, Code16, Zero16) * x23.Even) + (Code(last, Code4, Zero4) * x23.Odd);
        product += (Code(row, Code4, Zero4) * x45.Even) + (Code(row, Code12, Zero12) * x45.Odd);
        return product + (Code(last, Code0, Zero0) * x67.Even) + (Code(last, Code8, Zero8) * x67.Odd);
    }

    // 2^n times (code - 8), n the first bit of the mask
    private static float Code(uint row, uint mask, float zero) => Interop.IntAsFloat((row & mask) | Bits) - zero;
}
