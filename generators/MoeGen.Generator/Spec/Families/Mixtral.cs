namespace MoeGen.Generator.Spec.Families;

/// <summary>
/// Mixtral. Reference: transformers <c>models/mixtral</c>. Every layer sparse, the chosen weights always renormalised;
/// its checkpoints call gate, up and down w1, w3 and w2.
/// </summary>
internal static class Mixtral
{
    public static Family Family { get; } = new()
    {
        ModelType = "mixtral",
        Attention = new(),
        Experts = new() { CountKeys = ["num_local_experts", "num_experts"], IntermediateSizeKey = "intermediate_size" },
        Router = new() { Kind = RouterKind.SoftmaxThenTopK, Normalizes = true },
        Layers = new() { HasSlidingWindow = true },
        Rope = new() { DefaultTheta = 1_000_000 },
        DefaultNormEpsilon = 1e-5,
        Tensors = Tensors,

        // noise on the router's input, in training only
        NeutralKeys = ["router_jitter_noise"],
    };

    /// <summary>The names, which PhiMoE shares.</summary>
    public static TensorNames Tensors => new()
    {
        Router = "model.layers.{layer}.block_sparse_moe.gate.weight",
        Dense = FeedForwardNames.Below("model.layers.{layer}.mlp"),
        Experts = new(
            "model.layers.{layer}.block_sparse_moe.experts.{expert}.w1.weight",
            "model.layers.{layer}.block_sparse_moe.experts.{expert}.w3.weight",
            "model.layers.{layer}.block_sparse_moe.experts.{expert}.w2.weight"),
    };
}
