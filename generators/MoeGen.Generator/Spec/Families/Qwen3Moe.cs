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
        Attention = new() { BiasKey = "attention_bias", Norm = QueryKeyNorm.PerHead },
        Experts = new() { CountKeys = ["num_experts", "num_local_experts"], IntermediateSizeKey = "moe_intermediate_size" },
        Router = new() { Kind = RouterKind.SoftmaxThenTopK, NormalizeKey = "norm_topk_prob" },
        Layers = Layers,
        DenseIntermediateSizeKey = "intermediate_size",
        DefaultNormEpsilon = 1e-6,
        Tensors = Tensors,

        // of older versions: with the switch on, the window holds in every layer
        NeutralKeys = ["max_window_layers"],
    };

    /// <summary>The layer plan, which Qwen2-MoE shares.</summary>
    public static LayerPlanKeys Layers => new()
    {
        SparseStepKey = "decoder_sparse_step",
        DenseLayersKey = "mlp_only_layers",
        HasSlidingWindow = true,
        SlidingWindowSwitchKey = "use_sliding_window",
    };

    /// <summary>The names, which most families share.</summary>
    public static TensorNames Tensors => new()
    {
        Router = "model.layers.{layer}.mlp.gate.weight",
        Dense = FeedForwardNames.Below("model.layers.{layer}.mlp"),
        Experts = FeedForwardNames.Below("model.layers.{layer}.mlp.experts.{expert}"),
    };
}
