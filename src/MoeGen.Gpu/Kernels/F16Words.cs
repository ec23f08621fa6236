using ILGPU;

namespace MoeGen.Gpu.Kernels;

/// <summary>A pair of columns of 8 rows in floats of 16 bits: 4 bytes a row, the even column in the lower two.</summary>
public static class F16Words
{
    private const int HalfWord = 16;

    // exponent and fraction to their places in a float32; the arithmetic shift leaves the sign where it is
    private const int UpperShift = 3;
    private const uint Widened = 0x8FFF_E000;

    private const uint Sign = 0x8000_0000;
    private const uint SmallestNormal = 1 << 23;

    // the difference of the exponents' biases, 127 - 15, in its place
    private const uint Bias = 112 << 23;

    // the fraction of a subnormal half behind a leading 1 of 2^-14, which is then taken away: devices flush subnormal float32 to zero,
    // so that none may occur on the way
    private const uint SubnormalBias = 113 << 23;
    private const float LeadingOne = 6.103515625e-5f;

    /// <summary>Adds the products of 8 rows with a pair of activations.</summary>
    /// <param name="sums">Sums so far.</param>
    /// <param name="low">Rows 0 to 3.</param>
    /// <param name="high">Rows 4 to 7.</param>
    /// <param name="x">The activations.</param>
    public static Sums Add(Sums sums, Words low, Words high, Pair x)
    {
        sums.Row0 = Add(sums.Row0, low.X, x);
        sums.Row1 = Add(sums.Row1, low.Y, x);
        sums.Row2 = Add(sums.Row2, low.Z, x);
        sums.Row3 = Add(sums.Row3, low.W, x);
        sums.Row4 = Add(sums.Row4, high.X, x);
        sums.Row5 = Add(sums.Row5, high.Y, x);
        sums.Row6 = Add(sums.Row6, high.Z, x);
        sums.Row7 = Add(sums.Row7, high.W, x);
        return sums;
    }

    /// <summary>Widens the lower two bytes of a word: a finite half, exactly.</summary>
    public static float Lower(uint word) => Upper(word << HalfWord);

    /// <summary>Widens the upper two bytes of a word: a finite half, exactly.</summary>
    public static float Upper(uint word)
    {
        uint bits = (uint)((int)word >> UpperShift) & Widened, sign = bits & Sign, magnitude = bits ^ sign;
        uint subnormal = Interop.FloatAsInt(Interop.IntAsFloat(magnitude + SubnormalBias) - LeadingOne);
        return Interop.IntAsFloat((magnitude < SmallestNormal ? subnormal : magnitude + Bias) | sign);
    }

    private static float Add(float sum, uint row, Pair x) => sum + (Lower(row) * x.Even) + (Upper(row) * x.Odd);
}
