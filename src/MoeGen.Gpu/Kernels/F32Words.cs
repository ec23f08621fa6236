using ILGPU;

namespace MoeGen.Gpu.Kernels;

/// <summary>A pair of columns of 8 rows in float32: a column has two words, rows 0 to 3 and rows 4 to 7.</summary>
public static class F32Words
{
    /// <summary>Adds the products of 8 rows with a pair of activations.</summary>
    /// <param name="sums">Sums so far.</param>
    /// <param name="evenLow">Even column of rows 0 to 3.</param>
    /// <param name="evenHigh">Even column of rows 4 to 7.</param>
    /// <param name="oddLow">Odd column of rows 0 to 3.</param>
    /// <param name="oddHigh">Odd column of rows 4 to 7.</param>
    /// <param name="x">The activations.</param>
    public static Sums Add(Sums sums, Words evenLow, Words evenHigh, Words oddLow, Words oddHigh, Pair x)
    {
        sums.Row0 = Add(sums.Row0, evenLow.X, oddLow.X, x);
        sums.Row1 = Add(sums.Row1, evenLow.Y, oddLow.Y, x);
        sums.Row2 = Add(sums.Row2, evenLow.Z, oddLow.Z, x);
        sums.Row3 = Add(sums.Row3, evenLow.W, oddLow.W, x);
        sums.Row4 = Add(sums.Row4, evenHigh.X, oddHigh.X, x);
        sums.Row5 = Add(sums.Row5, evenHigh.Y, oddHigh.Y, x);
        sums.Row6 = Add(sums.Row6, evenHigh.Z, oddHigh.Z, x);
        sums.Row7 = Add(sums.Row7, evenHigh.W, oddHigh.W, x);
        return sums;
    }

    private static float Add(float sum, uint even, uint odd, Pair x) =>
        sum + (Interop.IntAsFloat(even) * x.Even) + (Interop.IntAsFloat(odd) * x.Odd);
}
