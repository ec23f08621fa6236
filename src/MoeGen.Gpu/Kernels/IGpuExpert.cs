namespace MoeGen.Gpu.Kernels;

/// <summary>What lies where in the blob of an expert, and how many of them a token uses. Offsets count from the blob's first byte.</summary>
public interface IGpuExpert
{
    /// <summary>Experts of a token.</summary>
    static abstract int TopK { get; }

    /// <summary>Whether there is a gate.</summary>
    static abstract bool HasGate { get; }

    /// <summary>Whether gate, up and down have biases.</summary>
    static abstract bool HasBias { get; }

    /// <summary>The weight of a choice scales the expert's input, and so both products before the activation (Llama 4).</summary>
    static abstract bool ScalesInput { get; }

    /// <summary>Bytes before gate_proj.</summary>
    static abstract long GateProjOffset { get; }

    /// <summary>Bytes before up_proj.</summary>
    static abstract long UpProjOffset { get; }

    /// <summary>Bytes before down_proj.</summary>
    static abstract long DownProjOffset { get; }

    /// <summary>Bytes before the gate's bias, float32.</summary>
    static abstract long GateBiasOffset { get; }

    /// <summary>Bytes before the bias of up_proj, float32.</summary>
    static abstract long UpBiasOffset { get; }

    /// <summary>Bytes before the bias of down_proj, float32.</summary>
    static abstract long DownBiasOffset { get; }
}
