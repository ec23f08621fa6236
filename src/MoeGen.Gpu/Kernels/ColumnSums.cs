using ILGPU;
using MoeGen.Weights;

namespace MoeGen.Gpu.Kernels;

/// <summary>
/// A matrix of floats from its other side: sums of rows, each with a factor of its own, as a product with the transpose has them.
/// </summary>
public static class ColumnSums
{
    private const int WordsOfColumn = 4; // 16 rows of float32, or of a pair of columns in 16 bits
    private const int HalfWord = 16;
    private const uint Upper = 0xFFFF_0000;

    /// <summary>Adds a half of a panel's rows to the sums of a pair of columns.</summary>
    /// <typeparam name="TMatrix">The matrix, in F32, BF16 or F16.</typeparam>
    /// <param name="sums">Sums so far.</param>
    /// <param name="weights">Memory that holds the matrix.</param>
    /// <param name="panel">Index of the panel's first word.</param>
    /// <param name="half">0: rows 0 to 7 of the panel, 1: rows 8 to 15.</param>
    /// <param name="pair">The pair of columns.</param>
    /// <param name="factors">Factors of the rows.</param>
    /// <param name="first">Index of the first row's.</param>
    public static Pair Add<TMatrix>(
        Pair sums, ArrayView<Words> weights, long panel, int half, int pair, ArrayView<float> factors, int first)
        where TMatrix : struct, IGpuMatrix
    {
        long words = panel + (2 * half) + ((TMatrix.Format == WeightFormat.F32 ? 2 : 1) * WordsOfColumn * pair);
        Words low = weights[words], high = weights[words + 1];

        // in 16 bits the odd column is in the same words
        Words oddLow = low, oddHigh = high;
        if (TMatrix.Format == WeightFormat.F32)
        {
            oddLow = weights[words + WordsOfColumn];
            oddHigh = weights[words + WordsOfColumn + 1];
        }

        sums = AddRow<TMatrix>(sums, low.X, oddLow.X, factors[first]);
        sums = AddRow<TMatrix>(sums, low.Y, oddLow.Y, factors[first + 1]);
        sums = AddRow<TMatrix>(sums, low.Z, oddLow.Z, factors[first + 2]);
        sums = AddRow<TMatrix>(sums, low.W, oddLow.W, factors[first + 3]);
        sums = AddRow<TMatrix>(sums, high.X, oddHigh.X, factors[first + 4]);
        sums = AddRow<TMatrix>(sums, high.Y, oddHigh.Y, factors[first + 5]);
        sums = AddRow<TMatrix>(sums, high.Z, oddHigh.Z, factors[first + 6]);
        return AddRow<TMatrix>(sums, high.W, oddHigh.W, factors[first + 7]);
    }

    private static Pair AddRow<TMatrix>(Pair sums, uint even, uint odd, float factor)
        where TMatrix : struct, IGpuMatrix
    {
        if (TMatrix.Format == WeightFormat.F16)
        {
            sums.Even += F16Words.Lower(even) * factor;
            sums.Odd += F16Words.Upper(odd) * factor;
        }
        else if (TMatrix.Format == WeightFormat.BF16)
        {
            sums.Even += Interop.IntAsFloat(even << HalfWord) * factor;
            sums.Odd += Interop.IntAsFloat(odd & Upper) * factor;
        }
        else
        {
            sums.Even += Interop.IntAsFloat(even) * factor;
            sums.Odd += Interop.IntAsFloat(odd) * factor;
        }

        return sums;
    }
}
