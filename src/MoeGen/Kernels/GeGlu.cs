using System.Runtime.CompilerServices;

namespace MoeGen.Kernels;

/// <summary><c>gelu(gate) * up</c>, <c>gelu(x) = x * (1 + erf(x / sqrt(2))) / 2</c> (arXiv 1606.08415).</summary>
/// <remarks>The relative error against the true function is below 2e-6 where its magnitude is above 1e-5.</remarks>
public readonly struct GeGlu : IGatedActivation
{
    // erfc(z) = t Q(t) exp(-z²) with t = 1 / (1 + 0.4 z): the Chebyshev interpolation of degree 10 of the left sides over 0 <= t <= 1 has
    // a relative error below 1e-8, and its coefficients are small, so that float32 can add them up
    private const float Scale = 0.4f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IGatedActivation.Apply<TSimd, TVector>(TVector gate, TVector up)
    {
        TVector minusOne = TSimd.Broadcast(-1);
        TVector magnitude = TSimd.Max(gate, TSimd.Multiply(gate, minusOne));
        TVector z = TSimd.Multiply(magnitude, TSimd.Broadcast(0.70710678f)); // 1 / sqrt(2)
        TVector t = TSimd.Divide(TSimd.Broadcast(1), TSimd.MultiplyAdd(z, TSimd.Broadcast(Scale), TSimd.Broadcast(1)));
        TVector q = TSimd.Broadcast(-0.0298686286f);
        q = TSimd.MultiplyAdd(q, t, TSimd.Broadcast(0.14384107f));
        q = TSimd.MultiplyAdd(q, t, TSimd.Broadcast(-0.243041732f));
        q = TSimd.MultiplyAdd(q, t, TSimd.Broadcast(0.146803246f));
        q = TSimd.MultiplyAdd(q, t, TSimd.Broadcast(-0.0537931667f));
        q = TSimd.MultiplyAdd(q, t, TSimd.Broadcast(0.0871206418f));
        q = TSimd.MultiplyAdd(q, t, TSimd.Broadcast(0.118095123f));
        q = TSimd.MultiplyAdd(q, t, TSimd.Broadcast(0.171890572f));
        q = TSimd.MultiplyAdd(q, t, TSimd.Broadcast(0.20760072f));
        q = TSimd.MultiplyAdd(q, t, TSimd.Broadcast(0.225676317f));
        q = TSimd.MultiplyAdd(q, t, TSimd.Broadcast(0.225675831f));
        TVector gaussian = TSimd.Exp(TSimd.Multiply(TSimd.Multiply(z, minusOne), z));
        TVector complement = TSimd.Multiply(TSimd.Multiply(q, t), gaussian);

        // x Φ(x) = max(x, 0) - |x| erfc(|x| / sqrt(2)) / 2, for both signs and without cancellation in the negative tail
        TVector tail = TSimd.Multiply(TSimd.Multiply(magnitude, TSimd.Broadcast(-0.5f)), complement);
        return TSimd.Multiply(TSimd.Add(TSimd.Max(gate, TSimd.Zero), tail), up);
    }
}

/// <summary>
/// <c>gelu(gate) * up</c> by the formula with a hyperbolic tangent (<c>gelu_new</c>, <c>gelu_pytorch_tanh</c>):
/// <c>gelu(x) = x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x³))) / 2</c> (arXiv 1606.08415).
/// </summary>
public readonly struct GeGluTanh : IGatedActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IGatedActivation.Apply<TSimd, TVector>(TVector gate, TVector up)
    {
        // (1 + tanh(u)) / 2 = sigmoid(2u)
        TVector cubic = TSimd.MultiplyAdd(TSimd.Multiply(gate, gate), TSimd.Broadcast(0.044715f), TSimd.Broadcast(1));
        TVector u = TSimd.Multiply(TSimd.Multiply(gate, TSimd.Broadcast(0.79788456f)), cubic); // sqrt(2 / pi)
        return TSimd.Multiply(TSimd.Divide(gate, Sigmoids.Denominator<TSimd, TVector>(u, 2)), up);
    }
}
