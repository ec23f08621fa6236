namespace MoeGen.Generator.Spec.Families;

/// <summary>
/// Qwen1.5-MoE and Qwen2-MoE. Reference: transformers <c>models/qwen2_moe</c>. Biases on q, k and v, a shared expert whose output is
/// weighted by the sigmoid of a learned score.
/// </summary>
internal static class Qwen2Moe
{
    public static Family Family { get; } = new()
    {
        ModelType = "qwen2_moe",
        Attention = new() { BiasKey = "qkv_bias", HasBiasByDefault = true, HasOutputBias = false },
        Experts = new()
        {
            CountKeys = ["num_experts", "num_local_experts"],
            IntermediateSizeKey = "moe_intermediate_size",
            SharedIntermediateSizeKey = "shared_expert_intermediate_size",
            IsSharedGated = true,
        },
        Router = new() { Kind = RouterKind.SoftmaxThenTopK, NormalizeKey = "norm_topk_prob" },
        Layers = Qwen3Moe.Layers with
        {
            SlidesEverySecond = true,
            SlidingLayersKey = "max_window_layers",
            DefaultSlidingLayers = 28,
            HasLayerTypes = true,
        },
        DenseIntermediateSizeKey = "intermediate_size",
        DefaultNormEpsilon = 1e-6,
        Tensors = Qwen3Moe.Tensors with { SharedExpert = FeedForwardNames.Below("model.layers.{layer}.mlp.shared_expert") },
    };
}
