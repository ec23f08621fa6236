namespace MoeGen.Gpu.Kernels;

/// <summary>What joins gate and up.</summary>
public interface IGpuActivation
{
    /// <summary>One element.</summary>
    /// <param name="gate">Of gate_proj.</param>
    /// <param name="up">Of up_proj, or 1 where there is no gate.</param>
    static abstract float Apply(float gate, float up);
}
