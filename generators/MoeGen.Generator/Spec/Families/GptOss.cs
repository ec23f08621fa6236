namespace MoeGen.Generator.Spec.Families;

/// <summary>
/// gpt-oss. Reference: transformers <c>models/gpt_oss</c>. Every second layer sees a window; attention with learned sinks; biases
/// everywhere; experts with a clamped SwiGLU, stored as MXFP4 or as bf16.
/// </summary>
internal static class GptOss
{
    public static Family Family { get; } = new()
    {
        ModelType = "gpt_oss",
        Attention = new() { BiasKey = "attention_bias", HasBiasByDefault = true, HasSinks = true },
        Experts = new()
        {
            CountKeys = ["num_local_experts", "num_experts"],
            TopKKeys = ["num_experts_per_tok", "experts_per_token"],
            IntermediateSizeKey = "intermediate_size",
            HasBias = true,
            SwiGluLimitKey = "swiglu_limit",
        },
        Router = new() { Kind = RouterKind.TopKThenSoftmax, HasBias = true },
        Layers = new() { HasSlidingWindow = true, SlidesEverySecond = true },
        Rope = new() { DefaultTheta = 150_000 },
        DefaultNormEpsilon = 1e-5,
        Tensors = Qwen3Moe.Tensors with
        {
            Router = "model.layers.{layer}.mlp.router.weight",
            Experts = new(
                "model.layers.{layer}.mlp.experts.gate_up_proj",
                "model.layers.{layer}.mlp.experts.gate_up_proj",
                "model.layers.{layer}.mlp.experts.down_proj"),
            Stacking = ExpertStacking.Interleaved,
        },

        // says in another word what rope_scaling says
        NeutralKeys = ["initial_context_length"],
    };
}
