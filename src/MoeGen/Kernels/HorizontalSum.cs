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
        where TVector : struct =>
        OfFour(TSimd.ToQuarters(value));

    /// <summary>The sums of four vectors, side by side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Of<TSimd, TVector>(TVector a, TVector b, TVector c, TVector d)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct =>
        OfFours(TSimd.ToQuarters(a), TSimd.ToQuarters(b), TSimd.ToQuarters(c), TSimd.ToQuarters(d));

    /// <summary>The sums of the four elements of each vector, side by side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> OfFours(Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d)
    {
        if (!Sse.IsSupported)
        {
            return Vector128.Create(OfFour(a), OfFour(b), OfFour(c), OfFour(d));
        }

        // a transpose that adds as it goes: (0 + 2) and (1 + 3) of each, then both together
        Vector128<float> ab = Sse.UnpackLow(a, b) + Sse.UnpackHigh(a, b);
        Vector128<float> cd = Sse.UnpackLow(c, d) + Sse.UnpackHigh(c, d);
        return Sse.MoveLowToHigh(ab, cd) + Sse.MoveHighToLow(cd, ab);
    }

    private static float OfFour(Vector128<float> value) => (value[0] + value[2]) + (value[1] + value[3]);
}
