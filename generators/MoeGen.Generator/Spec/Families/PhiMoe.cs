namespace MoeGen.Generator.Spec.Families;

/// <summary>
/// Phi-3.5-MoE. Reference: transformers <c>models/phimoe</c>. LayerNorm, biases on the attention and perhaps on the head, two experts
/// by a sparse mixer whose jitter counts in inference too.
/// </summary>
internal static class PhiMoe
{
    public static Family Family { get; } = new()
    {
        ModelType = "phimoe",
        Attention = new() { BiasKey = "attention_bias" },
        Experts = new() { CountKeys = ["num_local_experts", "num_experts"], IntermediateSizeKey = "intermediate_size" },
        Router = new() { Kind = RouterKind.SparseMixer, JitterKey = "router_jitter_noise", DefaultJitter = 0.01 },
        Layers = new() { HasSlidingWindow = true },
        Rope = new() { DefaultTheta = 1_000_000 },
        HasLayerNorm = true,
        DefaultNormEpsilon = 1e-5,
        HeadBiasKey = "lm_head_bias",
        Tensors = Mixtral.Tensors,

        // noise on the experts' input, in training only; the other one stands in rope_scaling too
        NeutralKeys = ["input_jitter_noise", "original_max_position_embeddings"],
    };
}
