namespace MoeGen.Generator.Spec;

/// <summary>
/// What a family calls its tensors; <c>{layer}</c> and <c>{expert}</c> stand for 0-based numbers.
/// Immutable, value-equal; adding a member must keep both.
/// </summary>
internal sealed record TensorNames
{
    public const string Layer = "{layer}";
    public const string Expert = "{expert}";

    public string EmbedTokens { get; init; } = "model.embed_tokens.weight";

    public string FinalNorm { get; init; } = "model.norm.weight";

    public string LmHead { get; init; } = "lm_head.weight";

    public string AttentionNorm { get; init; } = "model.layers.{layer}.input_layernorm.weight";

    public string FeedForwardNorm { get; init; } = "model.layers.{layer}.post_attention_layernorm.weight";

    public string QProj { get; init; } = "model.layers.{layer}.self_attn.q_proj.weight";

    public string KProj { get; init; } = "model.layers.{layer}.self_attn.k_proj.weight";

    public string VProj { get; init; } = "model.layers.{layer}.self_attn.v_proj.weight";

    public string OProj { get; init; } = "model.layers.{layer}.self_attn.o_proj.weight";

    public string QNorm { get; init; } = "model.layers.{layer}.self_attn.q_norm.weight";

    public string KNorm { get; init; } = "model.layers.{layer}.self_attn.k_norm.weight";

    public string DenseGateProj { get; init; } = "model.layers.{layer}.mlp.gate_proj.weight";

    public string DenseUpProj { get; init; } = "model.layers.{layer}.mlp.up_proj.weight";

    public string DenseDownProj { get; init; } = "model.layers.{layer}.mlp.down_proj.weight";

    public required string Router { get; init; }

    public required string ExpertGateProj { get; init; }

    public required string ExpertUpProj { get; init; }

    public required string ExpertDownProj { get; init; }

    /// <summary>The name of the bias that belongs to a weight.</summary>
    public static string BiasOf(string weight) => weight.Substring(0, weight.Length - ".weight".Length) + ".bias";
}
