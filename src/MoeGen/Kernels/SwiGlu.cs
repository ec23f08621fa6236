using System.Runtime.CompilerServices;

namespace MoeGen.Kernels;

/// <summary><c>silu(gate) * up</c>, <c>silu(x) = x / (1 + exp(-x))</c>.</summary>
public readonly struct SwiGlu : IGatedActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IGatedActivation.Apply<TSimd, TVector>(TVector gate, TVector up) =>
        TSimd.Multiply(TSimd.Divide(gate, Sigmoids.Denominator<TSimd, TVector>(gate, 1)), up);
}

/// <summary>The bound of <see cref="ClampedSwiGlu{TLimit}"/> as a constant of a type.</summary>
public interface ISwiGluLimit
{
    /// <summary>Largest gate, and largest magnitude of up (<c>swiglu_limit</c>); positive.</summary>
    static abstract float Limit { get; }
}

/// <summary>
/// <c>(up + 1) * gate * sigmoid(1.702 * gate)</c> with gate at most the limit and up between minus and plus the limit. Reference:
/// transformers <c>modeling_gpt_oss</c>, GptOssExperts.
/// </summary>
/// <typeparam name="TLimit">The limit.</typeparam>
public readonly struct ClampedSwiGlu<TLimit> : IGatedActivation
    where TLimit : struct, ISwiGluLimit
{
    // the sigmoid's slope that comes nearest to the erf GELU (arXiv 1606.08415); fixed in the reference
    private const float Slope = 1.702f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IGatedActivation.Apply<TSimd, TVector>(TVector gate, TVector up)
    {
        TVector limit = TSimd.Broadcast(TLimit.Limit);
        gate = TSimd.Min(gate, limit);
        up = TSimd.Max(TSimd.Min(up, limit), TSimd.Broadcast(-TLimit.Limit));
        TVector silu = TSimd.Divide(gate, Sigmoids.Denominator<TSimd, TVector>(gate, Slope));
        return TSimd.Multiply(TSimd.Add(up, TSimd.Broadcast(1)), silu);
    }
}
