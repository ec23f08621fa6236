using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using MoeGen.Kernels;

namespace MoeGen.Experts.Prefetch;

/// <summary>Products of many bfloat16 rows with one float32 query, four rows at a time.</summary>
internal static unsafe class RowProducts
{
    /// <summary>Elements of the widest vector; rows are filled up to a multiple of it.</summary>
    public const int WidestVector = 16;

    // rows of a list lie apart: no processor foresees where, and each would be waited for
    private const int LookAhead = 16;
    private const int ElementsOfCacheLine = 32;

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

    /// <summary>The same of some rows: <c>products[i] = rows[list[i]] . query</c>, or added to what stands there.</summary>
    /// <param name="rows">[any, stride] bf16.</param>
    /// <param name="stride">A multiple of <see cref="WidestVector"/>.</param>
    /// <param name="list">Rows to multiply, [count].</param>
    /// <param name="count">Rows to multiply.</param>
    /// <param name="query">[stride] f32.</param>
    /// <param name="products">[count] f32.</param>
    /// <param name="adds">Whether products are added.</param>
    public static void ComputeListed(ushort* rows, int stride, int* list, int count, float* query, float* products, bool adds)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            ComputeListed<Simd512, Vector512<float>>(rows, stride, list, count, query, products, adds);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            ComputeListed<Simd256, Vector256<float>>(rows, stride, list, count, query, products, adds);
        }
        else
        {
            ComputeListed<Simd128, Vector128<float>>(rows, stride, list, count, query, products, adds);
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
            ushort* a = rows + ((nint)row * stride);
            Vector128<float> sums = Four<TSimd, TVector>(a, a + stride, a + (2 * (nint)stride), a + (3 * (nint)stride), stride, query);
            (adds ? Vector128.Load(products + row) + sums : sums).Store(products + row);
        }

        for (; row < count; row++)
        {
            float sum = One<TSimd, TVector>(rows + ((nint)row * stride), stride, query);
            products[row] = adds ? products[row] + sum : sum;
        }
    }

    /// <inheritdoc cref="ComputeListed"/>
    internal static void ComputeListed<TSimd, TVector>(
        ushort* rows, int stride, int* list, int count, float* query, float* products, bool adds)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        nint length = stride;
        int i = 0;
        for (; i <= count - 4; i += 4)
        {
            if (Sse.IsSupported && i + LookAhead + 4 <= count)
            {
                for (int ahead = i + LookAhead; ahead < i + LookAhead + 4; ahead++)
                {
                    ushort* row = rows + (list[ahead] * length);
                    Sse.Prefetch0(row);
                    Sse.Prefetch0(row + ElementsOfCacheLine);
                }
            }

            Vector128<float> sums = Four<TSimd, TVector>(
                rows + (list[i] * length),
                rows + (list[i + 1] * length),
                rows + (list[i + 2] * length),
                rows + (list[i + 3] * length),
                stride,
                query);
            (adds ? Vector128.Load(products + i) + sums : sums).Store(products + i);
        }

        for (; i < count; i++)
        {
            float sum = One<TSimd, TVector>(rows + (list[i] * length), stride, query);
            products[i] = adds ? products[i] + sum : sum;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Four<TSimd, TVector>(
        ushort* a, ushort* b, ushort* c, ushort* d, int stride, float* query)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
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
