using ILGPU;

namespace MoeGen.Gpu.Kernels;

/// <summary>
/// A pair of columns of 8 rows in bfloat16, which is the upper half of a float32: 4 bytes a row, the even column in the lower two.
/// </summary>
public static class Bf16Words
{
    private const int Shift = 16;
    private const uint Upper = 0xFFFF_0000;

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

    private static float Add(float sum, uint row, Pair x) =>
        sum + (Interop.IntAsFloat(row << Shift) * x.Even) + (Interop.IntAsFloat(row & Upper) * x.Odd);
}
