using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MoeGen.Kernels;

/// <summary>
/// Sums over the elements of vectors. One vector and four at once add in the same order, so that it does not matter to the result in
/// which kind of tile an output was computed.
/// </summary>
internal static class HorizontalSum
{
    /// <summary>Sum of all elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Of<TSimd, TVector>(TVector value)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        Vector128<float> quarters = TSimd.ToQuarters(value);
        return (quarters[0] + quarters[2]) + (quarters[1] + quarters[3]);
    }

    /// <summary>The sums of four vectors, side by side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Of<TSimd, TVector>(TVector a, TVector b, TVector c, TVector d)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        if (!Sse.IsSupported)
        {
            return Vector128.Create(Of<TSimd, TVector>(a), Of<TSimd, TVector>(b), Of<TSimd, TVector>(c), Of<TSimd, TVector>(d));
        }

        // a transpose that adds as it goes: (0 + 2) and (1 + 3) of each, then both together
        Vector128<float> qa = TSimd.ToQuarters(a), qb = TSimd.ToQuarters(b), qc = TSimd.ToQuarters(c), qd = TSimd.ToQuarters(d);
        Vector128<float> ab = Sse.UnpackLow(qa, qb) + Sse.UnpackHigh(qa, qb);
        Vector128<float> cd = Sse.UnpackLow(qc, qd) + Sse.UnpackHigh(qc, qd);
        return Sse.MoveLowToHigh(ab, cd) + Sse.MoveHighToLow(cd, ab);
    }
}
