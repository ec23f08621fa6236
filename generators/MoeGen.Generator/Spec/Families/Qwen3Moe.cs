namespace MoeGen.Generator.Spec.Families;

/// <summary>
/// Qwen3-MoE. Reference: transformers <c>models/qwen3_moe</c>. Norm on each head of q and k, top-k of a softmax over all experts,
/// optionally dense layers between the sparse ones.
/// </summary>
internal static class Qwen3Moe
{
    public static Family Family { get; } = new()
    {
        ModelType = "qwen3_moe",
        NumExpertsKeys = ["num_experts", "num_local_experts"],
        ExpertIntermediateSizeKey = "moe_intermediate_size",
        DenseIntermediateSizeKey = "intermediate_size",
        SparseStepKey = "decoder_sparse_step",
        DenseLayersKey = "mlp_only_layers",
        NormalizeTopKKey = "norm_topk_prob",
        AttentionBiasKey = "attention_bias",
        SlidingWindowSwitchKey = "use_sliding_window",
        FullAttentionLayersKey = "max_window_layers",
        HasHeadNorm = true,
        DefaultRopeTheta = 10_000,
        DefaultNormEpsilon = 1e-6,
        Tensors = new TensorNames
        {
            Router = "model.layers.{layer}.mlp.gate.weight",
            ExpertGateProj = "model.layers.{layer}.mlp.experts.{expert}.gate_proj.weight",
            ExpertUpProj = "model.layers.{layer}.mlp.experts.{expert}.up_proj.weight",
            ExpertDownProj = "model.layers.{layer}.mlp.experts.{expert}.down_proj.weight",
        },
    };
}
