namespace MoeGen.Generator.Spec.Families;

/// <summary>
/// OLMoE. Reference: transformers <c>models/olmoe</c>. Norms over all heads of q and k at once; q, k and v may be clamped.
/// </summary>
internal static class Olmoe
{
    public static Family Family { get; } = new()
    {
        ModelType = "olmoe",
        Attention = new() { BiasKey = "attention_bias", Norm = QueryKeyNorm.FullWidth, ClipKey = "clip_qkv" },
        Experts = new() { CountKeys = ["num_experts", "num_local_experts"], IntermediateSizeKey = "intermediate_size" },
        Router = new() { Kind = RouterKind.SoftmaxThenTopK, NormalizeKey = "norm_topk_prob" },
        DefaultNormEpsilon = 1e-5,
        Tensors = Qwen3Moe.Tensors,
    };
}
