namespace MoeGen.Generator.Spec;

/// <summary>
/// One distinct kind of layer. Layers that are computed alike share a kind, so 48 equal layers give one class.
/// Immutable, value-equal; adding a member must keep both.
/// </summary>
/// <param name="Name">Class name of the kind, e.g. <c>SparseLayer</c>.</param>
/// <param name="Attention">Attention of the layer.</param>
/// <param name="FeedForward">Dense or sparse feed-forward part.</param>
internal sealed record LayerKindSpec(string Name, AttentionSpec Attention, FeedForwardSpec FeedForward)
{
    /// <summary>Attention to what the encoder has read, behind that to the layer's own text; null: the model has no encoder.</summary>
    [LaterMember]
    public GroupedQuerySpec? CrossAttention { get; init; }
}
