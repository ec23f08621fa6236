using System.Runtime.CompilerServices;

namespace MoeGen.Kernels;

/// <summary><c>max(gate, 0) * up</c>.</summary>
public readonly struct ReGlu : IGatedActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IGatedActivation.Apply<TSimd, TVector>(TVector gate, TVector up) => TSimd.Multiply(TSimd.Max(gate, TSimd.Zero), up);
}
