using System.Collections.Generic;

namespace MoeGen.Generator.Spec.Families;

/// <summary>
/// DeepSeek-V3 and R1, and Kimi K2, which has the same architecture. Reference: transformers <c>models/deepseek_v3</c>. Latent
/// attention; experts by the sigmoid of their logits, chosen in groups with a learned bias. The layers that predict further tokens
/// (<c>num_nextn_predict_layers</c>) are no part of the model proper and are not read.
/// </summary>
internal static class DeepSeekV3
{
    public static Family Family { get; } = Of("deepseek_v3");

    public static Family KimiK2 { get; } = Of("kimi_k2");

    private static Family Of(string modelType) => new()
    {
        ModelType = modelType,
        Attention = new() { IsLatent = true, BiasKey = "attention_bias" },
        Experts = new()
        {
            CountKeys = ["n_routed_experts", "num_local_experts"],
            IntermediateSizeKey = "moe_intermediate_size",
            SharedCountKey = "n_shared_experts",
            DefaultSharedCount = 1,
        },
        Router = new()
        {
            Kind = RouterKind.SigmoidThenTopK,
            NormalizeKey = "norm_topk_prob",
            Normalizes = true,
            ScaleKey = "routed_scaling_factor",
            DefaultScale = 2.5,
            HasGroups = true,
            DefaultNumGroups = 8,
            DefaultTopKGroups = 4,
        },
        Layers = new() { FirstDenseKey = "first_k_dense_replace", DefaultFirstDense = 3, FrequencyKey = "moe_layer_freq" },
        Rope = new() { IsInterleaved = true, InterleaveKey = "rope_interleave" },
        DenseIntermediateSizeKey = "intermediate_size",
        DefaultNormEpsilon = 1e-6,
        Tensors = Qwen3Moe.Tensors,
        FixedSettings = new Dictionary<string, string[]>
        {
            ["scoring_func"] = ["\"sigmoid\""],
            ["topk_method"] = ["\"noaux_tc\""],
        },
        NeutralKeys = DeepSeekV2.TrainingKeys,
    };
}
