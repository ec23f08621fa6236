namespace MoeGen.Generator.Spec.Families;

/// <summary>
/// Granite 3 MoE. Reference: transformers <c>models/granitemoe</c>. Four constant multipliers; experts stored as one tensor, gate
/// above up.
/// </summary>
internal static class GraniteMoe
{
    public static Family Family { get; } = new()
    {
        ModelType = "granitemoe",
        Attention = new() { BiasKey = "attention_bias", ScaleKey = "attention_multiplier" },
        Experts = new() { CountKeys = ["num_local_experts", "num_experts"], IntermediateSizeKey = "intermediate_size" },
        Router = new() { Kind = RouterKind.TopKThenSoftmax },
        DefaultNormEpsilon = 1e-6,
        HasMultipliers = true,
        Tensors = Qwen3Moe.Tensors with
        {
            Router = "model.layers.{layer}.block_sparse_moe.router.layer.weight",
            Experts = new(
                "model.layers.{layer}.block_sparse_moe.input_linear.weight",
                "model.layers.{layer}.block_sparse_moe.input_linear.weight",
                "model.layers.{layer}.block_sparse_moe.output_linear.weight"),
            Stacking = ExpertStacking.GateAboveUp,
        },
    };
}
