using System.Collections.Generic;

namespace MoeGen.Generator.Spec.Families;

/// <summary>
/// DeepSeek-V2 and V2-Lite. Reference: DeepSeek's <c>modeling_deepseek.py</c> and transformers <c>models/deepseek_v2</c>, which leaves
/// out that YaRN's mscale enters the softmax scale. Latent attention, shared experts, first layers dense.
/// </summary>
internal static class DeepSeekV2
{
    public static Family Family { get; } = new()
    {
        ModelType = "deepseek_v2",
        Attention = new() { IsLatent = true, BiasKey = "attention_bias" },
        Experts = new()
        {
            CountKeys = ["n_routed_experts", "num_local_experts"],
            IntermediateSizeKey = "moe_intermediate_size",
            SharedCountKey = "n_shared_experts",
            DefaultSharedCount = 2,
        },
        Router = new()
        {
            Kind = RouterKind.SoftmaxThenTopK,
            NormalizeKey = "norm_topk_prob",
            ScalesOnlyPlain = true,
            ScaleKey = "routed_scaling_factor",
            HasGroups = true,
            GroupMethod = "group_limited_greedy",
        },
        Layers = new() { FirstDenseKey = "first_k_dense_replace", FrequencyKey = "moe_layer_freq" },
        Rope = new() { IsInterleaved = true },
        DenseIntermediateSizeKey = "intermediate_size",
        DefaultNormEpsilon = 1e-6,
        Tensors = Qwen3Moe.Tensors,
        FixedSettings = new Dictionary<string, string[]>
        {
            ["scoring_func"] = ["\"softmax\""],
            ["topk_method"] = ["\"greedy\"", "\"group_limited_greedy\""],
            ["rope_interleave"] = ["true"],
        },
        NeutralKeys = TrainingKeys,
    };

    /// <summary>Keys of DeepSeek's training and serving, in V3 too.</summary>
    public static string[] TrainingKeys =>
        ["aux_loss_alpha", "seq_aux", "ep_size", "num_nextn_predict_layers", "qk_head_dim"];
}
