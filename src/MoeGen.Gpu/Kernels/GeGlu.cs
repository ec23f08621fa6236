namespace MoeGen.Gpu.Kernels;

/// <summary><c>gelu(gate) * up</c> with the error function; the approximation of <see cref="MoeGen.Kernels.GeGlu"/>.</summary>
public readonly struct GeGlu : IGpuActivation
{
    /// <inheritdoc/>
    public static float Apply(float gate, float up)
    {
        // erfc(z) = t Q(t) exp(-z²), t = 1 / (1 + 0.4 z)
        float magnitude = MathF.Abs(gate), z = magnitude * 0.70710678f; // 1 / sqrt(2)
        float t = 1 / ((z * 0.4f) + 1);
        float q = -0.0298686286f;
        q = (q * t) + 0.14384107f;
        q = (q * t) - 0.243041732f;
        q = (q * t) + 0.146803246f;
        q = (q * t) - 0.0537931667f;
        q = (q * t) + 0.0871206418f;
        q = (q * t) + 0.118095123f;
        q = (q * t) + 0.171890572f;
        q = (q * t) + 0.20760072f;
        q = (q * t) + 0.225676317f;
        q = (q * t) + 0.225675831f;

        // x Φ(x) = max(x, 0) - |x| erfc(|x| / sqrt(2)) / 2
        return (MathF.Max(gate, 0) - (0.5f * magnitude * (q * t * MathF.Exp(-z * z)))) * up;
    }
}

/// <summary><c>gelu(gate) * up</c> by the formula with a hyperbolic tangent; see <see cref="MoeGen.Kernels.GeGluTanh"/>.</summary>
public readonly struct GeGluTanh : IGpuActivation
{
    /// <inheritdoc/>
    public static float Apply(float gate, float up)
    {
        // (1 + tanh(u)) / 2 = sigmoid(2u)
        float u = gate * 0.79788456f * ((gate * gate * 0.044715f) + 1); // sqrt(2 / pi)
        return gate / (1 + MathF.Exp(-2 * u)) * up;
    }
}

/// <summary><c>relu(gate) * up</c>.</summary>
public readonly struct ReGlu : IGpuActivation
{
    /// <inheritdoc/>
    public static float Apply(float gate, float up) => MathF.Max(gate, 0) * up;
}
