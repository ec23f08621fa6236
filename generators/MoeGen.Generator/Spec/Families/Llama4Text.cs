namespace MoeGen.Generator.Spec.Families;

/// <summary>
/// The text model of Llama 4. Reference: transformers <c>models/llama4</c>. Layers with rotary positions see chunks, the others all
/// positions with sharpened queries; the routing weight scales an expert's input; a shared expert beside the routed ones.
/// </summary>
internal static class Llama4Text
{
    public static Family Family { get; } = new()
    {
        ModelType = "llama4_text",
        Attention = new()
        {
            BiasKey = "attention_bias",
            Norm = QueryKeyNorm.BehindRope,
            NormKey = "use_qk_norm",
            HasNormByDefault = true,
            HasTemperature = true,
        },
        Experts = new()
        {
            CountKeys = ["num_local_experts", "num_experts"],
            IntermediateSizeKey = "intermediate_size",
            ScalesInput = true,
            SharedIntermediateSizeKey = "intermediate_size",
        },
        Router = new() { Kind = RouterKind.TopKThenSigmoid },
        Layers = new() { SparseStepKey = "interleave_moe_layer_step", SparseLayersKey = "moe_layers", HasNopeLayers = true },
        Rope = new() { DefaultTheta = 500_000, IsInterleaved = true },
        DenseIntermediateSizeKey = "intermediate_size_mlp",
        DefaultNormEpsilon = 1e-5,
        Tensors = new()
        {
            Router = "model.layers.{layer}.feed_forward.router.weight",
            Dense = FeedForwardNames.Below("model.layers.{layer}.feed_forward"),
            Experts = new(
                "model.layers.{layer}.feed_forward.experts.gate_up_proj",
                "model.layers.{layer}.feed_forward.experts.gate_up_proj",
                "model.layers.{layer}.feed_forward.experts.down_proj"),
            Stacking = ExpertStacking.GateBesideUp,
            SharedExpert = FeedForwardNames.Below("model.layers.{layer}.feed_forward.shared_expert"),
        },

        // noise on the router's input, in training only
        NeutralKeys = ["router_jitter_noise", "for_llm_compressor", "cache_implementation"],
    };
}
