using System.Collections.Generic;
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

    /// <summary>What is never quantised is held in this format, which config.json names; null: nothing is quantised.</summary>
    [LaterMember]
    public WeightFormat? FloatFormat { get; init; }

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

    /// <summary>The stack that reads the input; null: the model only continues texts.</summary>
    [LaterMember]
    public EncoderSpec? Encoder { get; init; }

    /// <summary>Names of the tensors.</summary>
    public required TensorNames Tensors { get; init; }

    /// <summary>Token that begins a text, or null.</summary>
    public int? BosTokenId { get; init; }

    /// <summary>Tokens that end a text.</summary>
    public required EquatableArray<int> EosTokenIds { get; init; }

    /// <summary>Layers; of a model with an encoder, those of the decoder.</summary>
    public int NumLayers => LayerKinds.Count;

    /// <summary>The attention of the first layer: weights and cache are the same in all layers.</summary>
    public AttentionSpec Attention => Kinds[0].Attention;

    /// <summary>The sparse part of the model: the same in all sparse layers.</summary>
    public SparseSpec Sparse =>
        Kinds.Concat(Encoder?.Kinds ?? default).Select(kind => kind.FeedForward).OfType<SparseSpec>().First();

    /// <summary>The dense part of the layers without experts; null: there are none.</summary>
    public DenseSpec? Dense => Kinds.Select(kind => kind.FeedForward).OfType<DenseSpec>().FirstOrDefault();

    /// <summary>0-based sparse layers.</summary>
    public EquatableArray<int> SparseLayers => LayersWhere(isSparse: true);

    /// <summary>0-based dense layers.</summary>
    public EquatableArray<int> DenseLayers => LayersWhere(isSparse: false);

    /// <summary>0-based sparse layers of all stacks, those of the encoder counted first.</summary>
    internal EquatableArray<int> AllSparseLayers =>
        new(Stacks.SelectMany(stack => stack.SparseLayers.Select(layer => stack.FirstLayer + layer)));

    /// <summary>Positions that a token sees in the layers of <see cref="WindowLayers"/>; null: all before it, in every layer.</summary>
    internal int? AttentionWindow => Kinds.Max(kind => WindowOf(kind.Attention));

    /// <summary>0-based layers in which a token sees a window or a chunk.</summary>
    internal EquatableArray<int> WindowLayers =>
        new(Enumerable.Range(0, NumLayers).Where(layer => WindowOf(KindOf(layer).Attention) is not null));

    /// <summary>The kind of one layer.</summary>
    public LayerKindSpec KindOf(int layer) => Kinds[LayerKinds[layer]];

    /// <summary>Whether this is the encoder of a model, as <see cref="Stacks"/> gives it.</summary>
    internal bool IsEncoder { get; private init; }

    /// <summary>The stacks of layers, the encoder first: each the model with the kinds, layers and tensors of that stack.</summary>
    internal IEnumerable<ModelSpec> Stacks
    {
        get
        {
            if (Encoder is { } encoder)
            {
                yield return this with
                {
                    Kinds = encoder.Kinds,
                    LayerKinds = encoder.LayerKinds,
                    Tensors = encoder.Tensors,
                    Encoder = null,
                    IsEncoder = true,
                };
            }

            yield return this;
        }
    }

    /// <summary>What names of the stack's classes and weights begin with.</summary>
    internal string Prefix => IsEncoder ? "Encoder" : "";

    /// <summary>The stack among those of a model with an encoder; empty: it is the only one.</summary>
    internal string StackName => IsEncoder ? "Encoder" : Encoder is null ? "" : "Decoder";

    /// <summary>The type of the list of layers: the only kind, or the base class of several.</summary>
    internal string LayerType => Kinds.Count == 1 ? Kinds[0].Name : StackName + "Layer";

    /// <summary>Layers that the model has before the first one of this stack.</summary>
    internal int FirstLayer => Encoder?.LayerKinds.Count ?? 0;

    private static int? WindowOf(AttentionSpec attention) => attention.SlidingWindow ?? attention.ChunkSize;

    private EquatableArray<int> LayersWhere(bool isSparse) =>
        new(Enumerable.Range(0, NumLayers).Where(layer => KindOf(layer).FeedForward is SparseSpec == isSparse));
}
