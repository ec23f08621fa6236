using System;
using System.Collections.Generic;

namespace MoeGen.Generator.Spec.Families;

/// <summary>
/// gpt-oss. Reference: transformers <c>models/gpt_oss</c>. Every second layer sees a window; attention with learned sinks; biases
/// everywhere; experts with a clamped SwiGLU, stored as MXFP4 or as bf16.
/// </summary>
internal static class GptOss
{
    private const double YarnFactor = 32;

    // the defaults of its configuration class
    private static YarnRopeSpec Yarn => new(
        150_000, YarnFactor, OriginalMaxPositions: 4096, BetaFast: 32, BetaSlow: 1,
        AttentionFactor: (0.1 * Math.Log(YarnFactor)) + 1, Truncate: false);

    public static Family Family { get; } = new()
    {
        ModelType = "gpt_oss",
        Attention = new() { BiasKey = "attention_bias", HasBiasByDefault = true, HasSinks = true, DefaultHeadDim = 64 },
        Experts = new()
        {
            CountKeys = ["num_local_experts", "num_experts"],
            TopKKeys = ["num_experts_per_tok", "experts_per_token"],
            IntermediateSizeKey = "intermediate_size",
            HasBias = true,
            SwiGluLimitKey = "swiglu_limit",
        },
        Router = new() { Kind = RouterKind.TopKThenSoftmax, HasBias = true },
        Layers = new() { HasSlidingWindow = true, DefaultSlidingWindow = 128, SlidesEverySecond = true, HasLayerTypes = true },
        Rope = new() { DefaultTheta = 150_000, WithoutScaling = Yarn },
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

        // the factor of the activation's sigmoid, which is this number
        FixedSettings = new Dictionary<string, string[]> { ["swiglu_alpha"] = ["1.702"] },

        // says in another word what rope_scaling says
        NeutralKeys = ["initial_context_length"],
    };
}
