namespace MoeGen.Gpu.Kernels;

/// <summary><c>silu(gate) * up</c>, <c>silu(x) = x / (1 + exp(-x))</c>.</summary>
public readonly struct SwiGlu : IGpuActivation
{
    /// <inheritdoc/>
    public static float Apply(float gate, float up) => gate / (1 + MathF.Exp(-gate)) * up;
}

/// <summary>The clamped SwiGLU of gpt-oss; see <see cref="MoeGen.Kernels.ClampedSwiGlu{TLimit}"/>.</summary>
/// <typeparam name="TLimit">The limit.</typeparam>
public readonly struct ClampedSwiGlu<TLimit> : IGpuActivation
    where TLimit : struct, MoeGen.Kernels.ISwiGluLimit
{
    private const float Slope = 1.702f; // of the sigmoid, fixed in the reference

    /// <inheritdoc/>
    public static float Apply(float gate, float up)
    {
        gate = MathF.Min(gate, TLimit.Limit);
        up = MathF.Max(MathF.Min(up, TLimit.Limit), -TLimit.Limit);
        return (up + 1) * (gate / (1 + MathF.Exp(-Slope * gate)));
    }
}
