using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MoeGen.Kernels.Quantized;
using MoeGen.Weights;

namespace MoeGen.Kernels;

/// <summary><c>sum x²</c> of elements in any format: the square of a vector's length, or of a matrix's Frobenius norm.</summary>
internal static unsafe class SumOfSquares
{
    // elements that are summed in float before double takes over: many small ones must not vanish beside a large sum
    private const int BlockLength = 4096;

    // elements of two columns of a panel
    private const int PairLength = 2 * MatrixLayout.PanelRows;

    /// <summary>Sum over a vector.</summary>
    public static double Of(ReadOnlySpan<float> values)
    {
        int wholeVectors = values.Length - (values.Length % PairLength);
        double sum;
        fixed (float* pointer = values)
        {
            sum = Of((byte*)pointer, wholeVectors, WeightFormat.F32);
        }

        foreach (float value in values[wholeVectors..])
        {
            sum += (double)value * value;
        }

        return sum;
    }

    /// <summary>Sum over a matrix.</summary>
    /// <param name="matrix">First byte of its panels.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="format">Format.</param>
    public static double Of(byte* matrix, int rows, int columns, WeightFormat format) =>
        format.IsQuantized()
            ? QuantizedSumOfSquares.Of(matrix, rows, columns, format)
            : Of(matrix, MatrixLayout.SizeInBytes(rows, columns, format) / format.BytesPerElement(), format);

    /// <summary>Sum over elements as a matrix of a float format holds them, in whatever order.</summary>
    /// <param name="values">First byte of a panel.</param>
    /// <param name="count">Elements, a multiple of 32.</param>
    /// <param name="format">Their format.</param>
    public static double Of(byte* values, long count, WeightFormat format) => format switch
    {
        WeightFormat.F32 => Of<F32>(values, count),
        WeightFormat.F16 => Of<F16>(values, count),
        _ => Of<Bf16>(values, count),
    };

    private static double Of<TFormat>(byte* values, long count)
        where TFormat : struct, IFloatFormat
    {
        if (Vector512.IsHardwareAccelerated)
        {
            return Of<Simd512, Vector512<float>, TFormat>(values, count);
        }

        return Vector256.IsHardwareAccelerated
            ? Of<Simd256, Vector256<float>, TFormat>(values, count)
            : Of<Simd128, Vector128<float>, TFormat>(values, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static double Of<TSimd, TVector, TFormat>(byte* values, long count)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TFormat : struct, IFloatFormat
    {
        double sum = 0;
        for (long first = 0; first < count; first += BlockLength)
        {
            // two sums: an addition waits for the one before it
            TVector even = TSimd.Zero, odd = TSimd.Zero;
            long end = Math.Min(count, first + BlockLength);
            for (long i = first; i < end; i += PairLength)
            {
                byte* pair = values + (i * TFormat.Format.BytesPerElement());
                for (int row = 0; row < MatrixLayout.PanelRows; row += TSimd.Width)
                {
                    TFormat.LoadPair<TSimd, TVector>(pair + (row * MatrixLayout.WordBytes), out TVector a, out TVector b);
                    even = TSimd.MultiplyAdd(a, a, even);
                    odd = TSimd.MultiplyAdd(b, b, odd);
                }
            }

            sum += HorizontalSum.Of<TSimd, TVector>(TSimd.Add(even, odd));
        }

        return sum;
    }
}
