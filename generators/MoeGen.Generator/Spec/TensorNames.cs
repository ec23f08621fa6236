namespace MoeGen.Generator.Spec;

/// <summary>
/// What a family calls its tensors; <c>{layer}</c> and <c>{expert}</c> stand for 0-based numbers. The defaults are the names that most
/// families share. Immutable, value-equal; adding a member must keep both.
/// </summary>
internal sealed record TensorNames
{
    public const string Layer = "{layer}";
    public const string Expert = "{expert}";

    private const string SelfAttention = "model.layers.{layer}.self_attn.";

    public string EmbedTokens { get; init; } = "model.embed_tokens.weight";

    public string FinalNorm { get; init; } = "model.norm.weight";

    public string LmHead { get; init; } = "lm_head.weight";

    public string AttentionNorm { get; init; } = "model.layers.{layer}.input_layernorm.weight";

    public string FeedForwardNorm { get; init; } = "model.layers.{layer}.post_attention_layernorm.weight";

    /// <summary>Numbers of the relative positions, which one layer holds for its whole stack.</summary>
    [LaterMember]
    public string RelativeBias { get; init; } = "";

    // attention to an encoder's output
    [LaterMember]
    public string CrossAttentionNorm { get; init; } = "";

    [LaterMember]
    public string CrossQProj { get; init; } = "";

    [LaterMember]
    public string CrossKProj { get; init; } = "";

    [LaterMember]
    public string CrossVProj { get; init; } = "";

    [LaterMember]
    public string CrossOProj { get; init; } = "";

    // grouped-query attention
    public string QProj { get; init; } = SelfAttention + "q_proj.weight";

    public string KProj { get; init; } = SelfAttention + "k_proj.weight";

    public string VProj { get; init; } = SelfAttention + "v_proj.weight";

    public string OProj { get; init; } = SelfAttention + "o_proj.weight";

    public string QNorm { get; init; } = SelfAttention + "q_norm.weight";

    public string KNorm { get; init; } = SelfAttention + "k_norm.weight";

    public string Sinks { get; init; } = SelfAttention + "sinks";

    // multi-head latent attention
    public string QAProj { get; init; } = SelfAttention + "q_a_proj.weight";

    public string QANorm { get; init; } = SelfAttention + "q_a_layernorm.weight";

    public string QBProj { get; init; } = SelfAttention + "q_b_proj.weight";

    public string KvAProj { get; init; } = SelfAttention + "kv_a_proj_with_mqa.weight";

    public string KvANorm { get; init; } = SelfAttention + "kv_a_layernorm.weight";

    public string KvBProj { get; init; } = SelfAttention + "kv_b_proj.weight";

    public required FeedForwardNames Dense { get; init; }

    public required string Router { get; init; }

    /// <summary>Bias that only the choice of experts sees.</summary>
    public string RouterCorrectionBias { get; init; } = "model.layers.{layer}.mlp.gate.e_score_correction_bias";

    public required FeedForwardNames Experts { get; init; }

    /// <summary>How the experts' tensors hold gate, up and down of all experts.</summary>
    public ExpertStacking Stacking { get; init; }

    public FeedForwardNames SharedExpert { get; init; } = FeedForwardNames.Below("model.layers.{layer}.mlp.shared_experts");

    public string SharedExpertGate { get; init; } = "model.layers.{layer}.mlp.shared_expert_gate.weight";

    /// <summary>The name of the bias that belongs to a weight.</summary>
    public static string BiasOf(string weight)
    {
        const string Weight = ".weight";
        return weight.EndsWith(Weight, System.StringComparison.Ordinal)
            ? weight.Substring(0, weight.Length - Weight.Length) + ".bias"
            : weight + "_bias";
    }
}

/// <summary>Names of the three matrices of a feed-forward network. Immutable, value-equal; adding a member must keep both.</summary>
internal sealed record FeedForwardNames(string GateProj, string UpProj, string DownProj)
{
    /// <summary>The names of a network without a gate.</summary>
    public static FeedForwardNames Ungated(string upProj, string downProj) => new("", upProj, downProj);

    /// <summary>The usual names behind a prefix.</summary>
    public static FeedForwardNames Below(string prefix) =>
        new(prefix + ".gate_proj.weight", prefix + ".up_proj.weight", prefix + ".down_proj.weight");
}

/// <summary>
/// How a checkpoint holds the experts of a layer; I is the intermediate size, H the hidden size, E the number of experts.
/// </summary>
internal enum ExpertStacking
{
    /// <summary>Each expert's gate [I, H], up [I, H] and down [H, I] are tensors of their own.</summary>
    None,

    /// <summary>gate above up [E, 2I, H], down [E, H, I] (Granite).</summary>
    GateAboveUp,

    /// <summary>Transposed: gate beside up [E, H, 2I], down [E, I, H] (Llama 4).</summary>
    GateBesideUp,

    /// <summary>Transposed, the columns of gate and up in turn: [E, H, 2I], down [E, I, H] (gpt-oss).</summary>
    Interleaved,
}
