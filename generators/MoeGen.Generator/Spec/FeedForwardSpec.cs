namespace MoeGen.Generator.Spec;

/// <summary>
/// The part of a layer behind the attention: <c>down(activation(gate(x), up(x)))</c> or <c>down(activation(up(x)))</c>, once or per
/// expert.
/// </summary>
/// <param name="IntermediateSize">Elements between gate/up and down.</param>
/// <param name="Activation">What joins gate and up.</param>
internal abstract record FeedForwardSpec(int IntermediateSize, ActivationSpec Activation);

/// <summary>One feed-forward network for every token.</summary>
internal sealed record DenseSpec(int IntermediateSize, ActivationSpec Activation) : FeedForwardSpec(IntermediateSize, Activation);

/// <summary>Routed experts, and perhaps one that every token uses. Immutable, value-equal; adding a member must keep both.</summary>
/// <param name="NumExperts">Routed experts of the layer.</param>
/// <param name="TopK">Experts chosen per token.</param>
/// <param name="IntermediateSize">Elements between gate/up and down of one expert.</param>
/// <param name="Activation">What joins gate and up.</param>
/// <param name="Router">How experts are chosen and weighted.</param>
internal sealed record SparseSpec(int NumExperts, int TopK, int IntermediateSize, ActivationSpec Activation, RouterSpec Router)
    : FeedForwardSpec(IntermediateSize, Activation)
{
    /// <summary>The expert that every token uses; null: none.</summary>
    public SharedExpertSpec? SharedExpert { get; init; }

    /// <summary>Biases on gate, up and down of every expert.</summary>
    public bool HasBias { get; init; }

    /// <summary>The routing weight scales an expert's input instead of its output (Llama 4).</summary>
    public bool ScalesInput { get; init; }
}

/// <summary>An expert that every token uses.</summary>
/// <param name="IntermediateSize">Elements between gate/up and down.</param>
/// <param name="IsGated">Its output is weighted by the sigmoid of a learned score of the token (Qwen2-MoE).</param>
internal sealed record SharedExpertSpec(int IntermediateSize, bool IsGated);

/// <summary>What joins gate and up. Immutable, value-equal; adding a member must keep both.</summary>
/// <param name="Kernel">Name of the library's type, e.g. <c>SwiGlu</c>.</param>
/// <param name="Limit">Bound of a clamped activation; null: it is not clamped.</param>
internal sealed record ActivationSpec(string Kernel, double? Limit = null)
{
    /// <summary>There is no gate: what the kernel makes of gate and up is made of up and 1.</summary>
    [LaterMember]
    public bool IsUngated { get; init; }

    /// <summary>The formula in words of the field.</summary>
    public string ProseName => Kernel switch
    {
        "SwiGlu" when IsUngated => "SiLU",
        "GeGlu" when IsUngated => "GELU",
        "GeGluTanh" when IsUngated => "GELU (tanh)",
        "ReGlu" when IsUngated => "ReLU",
        "SwiGlu" => "SwiGLU",
        "GeGlu" => "GeGLU",
        "GeGluTanh" => "GeGLU (tanh)",
        "ReGlu" => "ReGLU",
        _ => $"SwiGLU clamped at {ConfigNumbers.Format(Limit ?? 0)}",
    };
}

/// <summary>How router logits become experts and weights.</summary>
internal enum RouterKind
{
    /// <summary>Softmax over all experts, the best of it (Mixtral, Qwen, OLMoE, DeepSeek-V2).</summary>
    SoftmaxThenTopK,

    /// <summary>The best logits, a softmax over them: the same numbers as the softmax over all, renormalised (gpt-oss, Granite).</summary>
    TopKThenSoftmax,

    /// <summary>Sigmoid of every logit; chosen by that plus a learned bias, weighted without it (DeepSeek-V3, GLM-4.5).</summary>
    SigmoidThenTopK,

    /// <summary>The best logits, the sigmoid of each (Llama 4).</summary>
    TopKThenSigmoid,

    /// <summary>Two rounds of a softmax over the experts close to the best (PhiMoE, arXiv 2409.12136).</summary>
    SparseMixer,
}

/// <summary>The router of a sparse layer. Immutable, value-equal; adding a member must keep both.</summary>
/// <param name="Kind">How logits become experts and weights.</param>
internal sealed record RouterSpec(RouterKind Kind)
{
    /// <summary>The chosen weights are divided by their sum.</summary>
    public bool Normalize { get; init; }

    /// <summary>Factor on the chosen weights, behind the division.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>Groups of experts that compete first; 1: no groups.</summary>
    public int NumGroups { get; init; } = 1;

    /// <summary>Groups whose experts compete for a token.</summary>
    public int TopKGroups { get; init; } = 1;

    /// <summary>A bias on the logits.</summary>
    public bool HasBias { get; init; }

    /// <summary>Tokens of a sequence that an expert takes; null: as many as choose it.</summary>
    [LaterMember]
    public int? Capacity { get; init; }

    /// <summary>The library's word for what the logits mean: a value of <c>RouterProbabilities</c>.</summary>
    public string Probabilities => Kind switch
    {
        RouterKind.SigmoidThenTopK => "Sigmoid",
        RouterKind.TopKThenSoftmax or RouterKind.TopKThenSigmoid => "Chosen",
        _ => "Softmax",
    };

    /// <summary>How close to the best an expert must be to count, in a sparse mixer.</summary>
    public double Jitter { get; init; }
}
