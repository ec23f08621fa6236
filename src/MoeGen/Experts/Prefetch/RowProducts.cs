using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MoeGen.Kernels;

namespace MoeGen.Experts.Prefetch;

/// <summary>Products of many bfloat16 rows with one float32 query, four rows at a time.</summary>
internal static unsafe class RowProducts
{
    /// <summary>Elements of the widest vector; rows are filled up to a multiple of it.</summary>
    public const int WidestVector = 16;

    /// <summary><c>products[r] = rows[r] . query</c>, or added to what stands there; with the widest vectors of this processor.</summary>
    /// <param name="rows">[count, stride] bf16.</param>
    /// <param name="stride">A multiple of <see cref="WidestVector"/>.</param>
    /// <param name="count">Rows.</param>
    /// <param name="query">[stride] f32.</param>
    /// <param name="products">[count] f32.</param>
    /// <param name="adds">Whether products are added.</param>
    public static void Compute(ushort* rows, int stride, int count, float* query, float* products, bool adds)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Compute<Simd512, Vector512<float>>(rows, stride, count, query, products, adds);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            Compute<Simd256, Vector256<float>>(rows, stride, count, query, products, adds);
        }
        else
        {
            Compute<Simd128, Vector128<float>>(rows, stride, count, query, products, adds);
        }
    }

    /// <inheritdoc cref="Compute"/>
    internal static void Compute<TSimd, TVector>(ushort* rows, int stride, int count, float* query, float* products, bool adds)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        int row = 0;
        for (; row <= count - 4; row += 4)
        {
            Vector128<float> sums = Four<TSimd, TVector>(rows + ((nint)row * stride), stride, query);
            (adds ? Vector128.Load(products + row) + sums : sums).Store(products + row);
        }

        for (; row < count; row++)
        {
            float sum = One<TSimd, TVector>(rows + ((nint)row * stride), stride, query);
            products[row] = adds ? products[row] + sum : sum;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Four<TSimd, TVector>(ushort* a, int stride, float* query)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        ushort* b = a + stride, c = b + stride, d = c + stride;
        TVector sumA = TSimd.Zero, sumB = TSimd.Zero, sumC = TSimd.Zero, sumD = TSimd.Zero;
        for (int i = 0; i < stride; i += TSimd.Width)
        {
            TVector q = TSimd.Load(query + i);
            sumA = TSimd.MultiplyAdd(TSimd.LoadBf16(a + i), q, sumA);
            sumB = TSimd.MultiplyAdd(TSimd.LoadBf16(b + i), q, sumB);
            sumC = TSimd.MultiplyAdd(TSimd.LoadBf16(c + i), q, sumC);
            sumD = TSimd.MultiplyAdd(TSimd.LoadBf16(d + i), q, sumD);
        }

        return HorizontalSum.Of<TSimd, TVector>(sumA, sumB, sumC, sumD);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float One<TSimd, TVector>(ushort* row, int stride, float* query)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector sum = TSimd.Zero;
        for (int i = 0; i < stride; i += TSimd.Width)
        {
            sum = TSimd.MultiplyAdd(TSimd.LoadBf16(row + i), TSimd.Load(query + i), sum);
        }

        return HorizontalSum.Of<TSimd, TVector>(sum);
    }
}
