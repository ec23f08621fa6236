namespace MoeGen.Generator.Spec;

/// <summary>
/// One distinct kind of layer. Layers that are computed alike share a kind, so 48 equal layers give one class.
/// Immutable, value-equal; adding a member must keep both.
/// </summary>
/// <param name="Name">Class name of the kind, e.g. <c>SparseLayer</c>.</param>
/// <param name="Attention">Attention of the layer.</param>
/// <param name="FeedForward">Dense or sparse feed-forward part.</param>
internal sealed record LayerKindSpec(string Name, AttentionSpec Attention, FeedForwardSpec FeedForward);

/// <summary>Grouped-query attention. Immutable, value-equal; adding a member must keep both.</summary>
/// <param name="NumHeads">Query heads.</param>
/// <param name="NumKeyValueHeads">Key/value heads; divides the query heads.</param>
/// <param name="HeadDim">Elements of one head; even, for rotary positions.</param>
/// <param name="HasHeadNorm">RMSNorm on every head of q and k before the rotation.</param>
/// <param name="HasBias">Biases on the four projections.</param>
/// <param name="SlidingWindow">Positions a token sees, itself included; null: all before it.</param>
internal sealed record AttentionSpec(
    int NumHeads, int NumKeyValueHeads, int HeadDim, bool HasHeadNorm, bool HasBias, int? SlidingWindow)
{
    /// <summary>Width of all query heads together.</summary>
    public int QueryWidth => NumHeads * HeadDim;

    /// <summary>Width of all key (or value) heads together.</summary>
    public int KeyValueWidth => NumKeyValueHeads * HeadDim;
}

/// <summary>The part of a layer behind the attention: SwiGLU, <c>down(silu(gate(x)) * up(x))</c>, once or per expert.</summary>
internal abstract record FeedForwardSpec(int IntermediateSize);

/// <summary>One SwiGLU for every token.</summary>
internal sealed record DenseSpec(int IntermediateSize) : FeedForwardSpec(IntermediateSize);

/// <summary>Routed experts: softmax over all router logits, then the best <paramref name="TopK"/>.</summary>
/// <param name="NumExperts">Routed experts of the layer.</param>
/// <param name="TopK">Experts chosen per token.</param>
/// <param name="NormalizeTopK">The chosen weights are divided by their sum (<c>norm_topk_prob</c>).</param>
/// <param name="IntermediateSize">Elements between gate/up and down of one expert.</param>
internal sealed record SparseSpec(int NumExperts, int TopK, bool NormalizeTopK, int IntermediateSize) : FeedForwardSpec(IntermediateSize);
