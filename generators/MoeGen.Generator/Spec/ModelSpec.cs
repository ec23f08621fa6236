using System.Linq;

namespace MoeGen.Generator.Spec;

/// <summary>
/// Everything about a model that its code depends on, whatever config.json called it.
/// Immutable, value-equal; adding a member must keep both (<see cref="SpecFingerprint"/> sees it by itself).
/// </summary>
internal sealed record ModelSpec
{
    /// <summary>Family, as <c>model_type</c> names it.</summary>
    public required string ModelType { get; init; }

    /// <summary>How the matrices are held in memory.</summary>
    public required WeightFormat WeightFormat { get; init; }

    /// <summary>Blocks of an FP8 checkpoint; null: the checkpoint is none.</summary>
    public Fp8BlockSpec? Fp8Block { get; init; }

    /// <summary>Rows of the embedding and of the head.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Longest sequence, in tokens.</summary>
    public required int MaxPositions { get; init; }

    public required NormSpec Norm { get; init; }

    public MultiplierSpec Multipliers { get; init; } = new();

    /// <summary>The head is the embedding; a head in the file is not read.</summary>
    public required bool TieWordEmbeddings { get; init; }

    /// <summary>A bias on the scores of the vocabulary.</summary>
    public bool HasHeadBias { get; init; }

    /// <summary>Rotary positions.</summary>
    public required RopeSpec Rope { get; init; }

    /// <summary>The distinct kinds of layer, in order of first appearance.</summary>
    public required EquatableArray<LayerKindSpec> Kinds { get; init; }

    /// <summary>For every layer the index of its kind.</summary>
    public required EquatableArray<int> LayerKinds { get; init; }

    /// <summary>Names of the tensors.</summary>
    public required TensorNames Tensors { get; init; }

    /// <summary>Token that begins a text, or null.</summary>
    public int? BosTokenId { get; init; }

    /// <summary>Tokens that end a text.</summary>
    public required EquatableArray<int> EosTokenIds { get; init; }

    public int NumLayers => LayerKinds.Count;

    /// <summary>The attention of the first layer: weights and cache are the same in all layers.</summary>
    public AttentionSpec Attention => Kinds[0].Attention;

    /// <summary>The sparse part of the model: the same in all sparse layers.</summary>
    public SparseSpec Sparse => Kinds.Select(kind => kind.FeedForward).OfType<SparseSpec>().First();

    /// <summary>The dense part of the layers without experts; null: there are none.</summary>
    public DenseSpec? Dense => Kinds.Select(kind => kind.FeedForward).OfType<DenseSpec>().FirstOrDefault();

    /// <summary>0-based sparse layers.</summary>
    public EquatableArray<int> SparseLayers => LayersWhere(isSparse: true);

    /// <summary>0-based dense layers.</summary>
    public EquatableArray<int> DenseLayers => LayersWhere(isSparse: false);

    /// <summary>The kind of one layer.</summary>
    public LayerKindSpec KindOf(int layer) => Kinds[LayerKinds[layer]];

    private EquatableArray<int> LayersWhere(bool isSparse) =>
        new(Enumerable.Range(0, NumLayers).Where(layer => KindOf(layer).FeedForward is SparseSpec == isSparse));
}
