using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MoeGen.Kernels;

/// <summary>Loops over float vectors of any length; what is left over after whole vectors is done one by one.</summary>
internal static unsafe class VectorMath
{
    /// <summary><c>sum a b</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Dot<TSimd, TVector>(float* a, float* b, int length)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector sum = TSimd.Zero;
        int i = 0;
        for (; i <= length - TSimd.Width; i += TSimd.Width)
        {
            sum = TSimd.MultiplyAdd(TSimd.Load(a + i), TSimd.Load(b + i), sum);
        }

        float total = HorizontalSum.Of<TSimd, TVector>(sum);
        for (; i < length; i++)
        {
            total += a[i] * b[i];
        }

        return total;
    }

    /// <summary><c>x *= factor</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scale<TSimd, TVector>(float* x, float factor, int length)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector factors = TSimd.Broadcast(factor);
        int i = 0;
        for (; i <= length - TSimd.Width; i += TSimd.Width)
        {
            TSimd.Store(x + i, TSimd.Multiply(TSimd.Load(x + i), factors));
        }

        for (; i < length; i++)
        {
            x[i] *= factor;
        }
    }

    /// <summary><c>x *= factor</c>, with the widest vectors of this processor.</summary>
    public static void Scale(float* x, float factor, int length)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Scale<Simd512, Vector512<float>>(x, factor, length);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            Scale<Simd256, Vector256<float>>(x, factor, length);
        }
        else
        {
            Scale<Simd128, Vector128<float>>(x, factor, length);
        }
    }

    /// <summary><c>y += x * factor</c>, with the widest vectors of this processor.</summary>
    public static void AddScaled(float* y, float* x, float factor, int length)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            AddScaled<Simd512, Vector512<float>>(y, x, factor, length);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            AddScaled<Simd256, Vector256<float>>(y, x, factor, length);
        }
        else
        {
            AddScaled<Simd128, Vector128<float>>(y, x, factor, length);
        }
    }

    /// <summary><c>y += x * factor</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddScaled<TSimd, TVector>(float* y, float* x, float factor, int length)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector factors = TSimd.Broadcast(factor);
        int i = 0;
        for (; i <= length - TSimd.Width; i += TSimd.Width)
        {
            TSimd.Store(y + i, TSimd.MultiplyAdd(TSimd.Load(x + i), factors, TSimd.Load(y + i)));
        }

        for (; i < length; i++)
        {
            y[i] += x[i] * factor;
        }
    }
}
