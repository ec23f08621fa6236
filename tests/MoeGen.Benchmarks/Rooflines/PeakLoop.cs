using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MoeGen.Kernels;
using MoeGen.Kernels.Quantized;

namespace MoeGen.Benchmarks.Rooflines;

/// <summary>
/// Multiplies and adds in registers, with the instructions of the kernels and without anything else of theirs: what the arithmetic of a
/// thread can do.
/// </summary>
/// <param name="arithmetic">The instructions.</param>
/// <param name="numThreads">Threads that run it.</param>
internal sealed class PeakLoop(Arithmetic arithmetic, int numThreads)
{
    private const int Steps = 2048;

    // sums that do not wait for each other: an instruction takes four cycles or five, and two may begin in one
    private const int Chains = 12;

    private static readonly int s_vectorLanes = Vector512.IsHardwareAccelerated ? Vector512<float>.Count
        : Vector256.IsHardwareAccelerated ? Vector256<float>.Count : Vector128<float>.Count;

    private static readonly int s_panelLanes = Simd512.SupportsPanels ? Simd512.Width
        : Simd256.SupportsPanels ? Simd256.Width : Simd128.Width;

    /// <summary>Operations of a run of all threads.</summary>
    public double Operations => 2.0 * Steps * Chains * numThreads * arithmetic switch
    {
        Arithmetic.Pairs => 2 * s_panelLanes,
        Arithmetic.Fours => 4 * s_panelLanes,
        _ => s_vectorLanes,
    };

    /// <summary>Runs the loop; each worker calls it.</summary>
    public void Run()
    {
        switch (arithmetic)
        {
            case Arithmetic.Pairs:
                RunPairs();
                break;
            case Arithmetic.Fours:
                RunFours();
                break;
            default:
                RunFloats();
                break;
        }
    }

    private static void RunFloats()
    {
        if (Vector512.IsHardwareAccelerated)
        {
            _ = MultiplyAdd<Simd512, Vector512<float>>(0.5f);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            _ = MultiplyAdd<Simd256, Vector256<float>>(0.5f);
        }
        else
        {
            _ = MultiplyAdd<Simd128, Vector128<float>>(0.5f);
        }
    }

    private static void RunPairs()
    {
        if (Simd512.SupportsPanels)
        {
            _ = MultiplyAdd<Q8Dot<Simd512, Vector512<int>, Vector512<float>>, Simd512, Vector512<int>, Vector512<float>>(3);
        }
        else if (Simd256.SupportsPanels)
        {
            _ = MultiplyAdd<Q8Dot<Simd256, Vector256<int>, Vector256<float>>, Simd256, Vector256<int>, Vector256<float>>(3);
        }
        else
        {
            _ = MultiplyAdd<Q8Dot<Simd128, Vector128<int>, Vector128<float>>, Simd128, Vector128<int>, Vector128<float>>(3);
        }
    }

    private static void RunFours()
    {
        if (Simd512.SupportsPanels)
        {
            _ = MultiplyAdd<Q4Dot<Simd512, Vector512<int>, Vector512<float>>, Simd512, Vector512<int>, Vector512<float>>(3);
        }
        else if (Simd256.SupportsPanels)
        {
            _ = MultiplyAdd<Q4Dot<Simd256, Vector256<int>, Vector256<float>>, Simd256, Vector256<int>, Vector256<float>>(3);
        }
        else
        {
            _ = MultiplyAdd<Q4Dot<Simd128, Vector128<int>, Vector128<float>>, Simd128, Vector128<int>, Vector128<float>>(3);
        }
    }

    // every sum is multiplied as well, so that no product is the same twice; all of them end at 1
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float MultiplyAdd<TSimd, TVector>(float half)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector f = TSimd.Broadcast(half);
        TVector a = TSimd.Broadcast(1), b = TSimd.Broadcast(2), c = TSimd.Broadcast(3), d = TSimd.Broadcast(4);
        TVector e = TSimd.Broadcast(5), g = TSimd.Broadcast(6), h = TSimd.Broadcast(7), i = TSimd.Broadcast(8);
        TVector j = TSimd.Broadcast(9), k = TSimd.Broadcast(10), l = TSimd.Broadcast(11), m = TSimd.Broadcast(12);
        for (int step = 0; step < Steps; step++)
        {
            a = TSimd.MultiplyAdd(a, f, f);
            b = TSimd.MultiplyAdd(b, f, f);
            c = TSimd.MultiplyAdd(c, f, f);
            d = TSimd.MultiplyAdd(d, f, f);
            e = TSimd.MultiplyAdd(e, f, f);
            g = TSimd.MultiplyAdd(g, f, f);
            h = TSimd.MultiplyAdd(h, f, f);
            i = TSimd.MultiplyAdd(i, f, f);
            j = TSimd.MultiplyAdd(j, f, f);
            k = TSimd.MultiplyAdd(k, f, f);
            l = TSimd.MultiplyAdd(l, f, f);
            m = TSimd.MultiplyAdd(m, f, f);
        }

        TVector first = TSimd.Add(TSimd.Add(TSimd.Add(a, b), TSimd.Add(c, d)), TSimd.Add(e, g));
        TVector second = TSimd.Add(TSimd.Add(TSimd.Add(h, i), TSimd.Add(j, k)), TSimd.Add(l, m));
        return HorizontalSum.Of<TSimd, TVector>(TSimd.Add(first, second));
    }

    // codes and activations overflow here, which takes no time
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static TInts MultiplyAdd<TDot, TSimd, TInts, TFloats>(int factor)
        where TDot : struct, IBlockDot<TInts>
        where TSimd : struct, IPanelSimd<TInts, TFloats>
        where TInts : struct
        where TFloats : struct
    {
        TInts f = TSimd.Broadcast(factor);
        TInts a = TSimd.Broadcast(1), b = TSimd.Broadcast(2), c = TSimd.Broadcast(3), d = TSimd.Broadcast(4);
        TInts e = TSimd.Broadcast(5), g = TSimd.Broadcast(6), h = TSimd.Broadcast(7), i = TSimd.Broadcast(8);
        TInts j = TSimd.Broadcast(9), k = TSimd.Broadcast(10), l = TSimd.Broadcast(11), m = TSimd.Broadcast(12);
        for (int step = 0; step < Steps; step++)
        {
            TInts p0 = TDot.Multiply(a, f);
            TInts p1 = TDot.Multiply(b, f);
            TInts p2 = TDot.Multiply(c, f);
            TInts p3 = TDot.Multiply(d, f);
            a = TDot.Add(p0, a);
            b = TDot.Add(p1, b);
            c = TDot.Add(p2, c);
            d = TDot.Add(p3, d);
            p0 = TDot.Multiply(e, f);
            p1 = TDot.Multiply(g, f);
            p2 = TDot.Multiply(h, f);
            p3 = TDot.Multiply(i, f);
            e = TDot.Add(p0, e);
            g = TDot.Add(p1, g);
            h = TDot.Add(p2, h);
            i = TDot.Add(p3, i);
            p0 = TDot.Multiply(j, f);
            p1 = TDot.Multiply(k, f);
            p2 = TDot.Multiply(l, f);
            p3 = TDot.Multiply(m, f);
            j = TDot.Add(p0, j);
            k = TDot.Add(p1, k);
            l = TDot.Add(p2, l);
            m = TDot.Add(p3, m);
        }

        TInts first = TSimd.Add(TSimd.Add(TSimd.Add(a, b), TSimd.Add(c, d)), TSimd.Add(e, g));
        TInts second = TSimd.Add(TSimd.Add(TSimd.Add(h, i), TSimd.Add(j, k)), TSimd.Add(l, m));
        return TSimd.Add(first, second);
    }
}
