using System.Runtime.CompilerServices;

namespace MoeGen.Kernels;

/// <summary><c>sigmoid(x) = 1 / (1 + exp(-x))</c>, for vectors and for single numbers.</summary>
internal static class Sigmoids
{
    /// <summary><c>1 + exp(-slope * x)</c>: what divided by gives <c>sigmoid(slope * x)</c>. Infinite where the sigmoid is zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Denominator<TSimd, TVector>(TVector x, float slope)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct =>
        TSimd.Add(TSimd.Broadcast(1), TSimd.Exp(TSimd.Multiply(x, TSimd.Broadcast(-slope))));

    /// <summary>The sigmoid of one number; 0 and 1 for those that are very small and very large.</summary>
    public static float Of(float x) => 1 / (1 + MathF.Exp(-x));
}
