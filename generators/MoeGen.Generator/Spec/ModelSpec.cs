namespace MoeGen.Generator.Spec;

/// <summary>
/// Everything about a model that its code depends on, whatever config.json called it.
/// Immutable, value-equal; adding a member must keep both, and belongs into <see cref="SpecFingerprint"/> too.
/// </summary>
/// <param name="ModelType">Family, as <c>model_type</c> names it.</param>
/// <param name="WeightFormat">How the matrices are held in memory.</param>
/// <param name="VocabSize">Rows of the embedding and of the head.</param>
/// <param name="HiddenSize">Width of the residual stream.</param>
/// <param name="MaxPositions">Longest sequence, in tokens.</param>
/// <param name="NormEpsilon">Added to the mean square of every RMSNorm.</param>
/// <param name="TieWordEmbeddings">The head is the embedding; a head in the file is not read.</param>
/// <param name="Rope">Rotary positions.</param>
/// <param name="Kinds">The distinct kinds of layer, in order of first appearance.</param>
/// <param name="LayerKinds">For every layer the index of its kind.</param>
/// <param name="Tensors">Names of the tensors.</param>
/// <param name="BosTokenId">Token that begins a text, or null.</param>
/// <param name="EosTokenIds">Tokens that end a text.</param>
internal sealed record ModelSpec(
    string ModelType,
    WeightFormat WeightFormat,
    int VocabSize,
    int HiddenSize,
    int MaxPositions,
    double NormEpsilon,
    bool TieWordEmbeddings,
    RopeSpec Rope,
    EquatableArray<LayerKindSpec> Kinds,
    EquatableArray<int> LayerKinds,
    TensorNames Tensors,
    int? BosTokenId,
    EquatableArray<int> EosTokenIds)
{
    public int NumLayers => LayerKinds.Count;

    /// <summary>The kind of one layer.</summary>
    public LayerKindSpec KindOf(int layer) => Kinds[LayerKinds[layer]];

    /// <summary>The sparse part of the model. All sparse layers have the same one in every published family.</summary>
    public SparseSpec Sparse
    {
        get
        {
            foreach (LayerKindSpec kind in Kinds)
            {
                if (kind.FeedForward is SparseSpec sparse)
                {
                    return sparse;
                }
            }

            throw new System.InvalidOperationException("A spec has at least one sparse layer; the reader refuses others.");
        }
    }
}
