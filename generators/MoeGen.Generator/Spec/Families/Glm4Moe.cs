namespace MoeGen.Generator.Spec.Families;

/// <summary>
/// GLM-4.5 and GLM-4.5-Air. Reference: transformers <c>models/glm4_moe</c>. DeepSeek-V3's router and layer plan over grouped-query
/// attention with biases on q, k and v, of which part of each head is rotated.
/// </summary>
internal static class Glm4Moe
{
    public static Family Family { get; } = new()
    {
        ModelType = "glm4_moe",
        Attention = new()
        {
            BiasKey = "attention_bias",
            HasOutputBias = false,
            Norm = QueryKeyNorm.PerHead,
            NormKey = "use_qk_norm",
        },
        Experts = DeepSeekV3.Family.Experts,
        Router = DeepSeekV3.Family.Router with { DefaultScale = 1, DefaultNumGroups = 1, DefaultTopKGroups = 1 },
        Layers = new() { FirstDenseKey = "first_k_dense_replace", DefaultFirstDense = 1 },
        Rope = new() { PartialFactorKey = "partial_rotary_factor", DefaultPartialFactor = 0.5 },
        DenseIntermediateSizeKey = "intermediate_size",
        DefaultNormEpsilon = 1e-5,
        Tensors = Qwen3Moe.Tensors,
        FixedSettings = DeepSeekV3.Family.FixedSettings,
        NeutralKeys = DeepSeekV2.TrainingKeys,
    };
}
