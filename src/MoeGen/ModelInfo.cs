using MoeGen.Engine;
using MoeGen.Experts;
using MoeGen.Weights;

namespace MoeGen;

/// <summary>What a model is, in numbers. Generated code fills it in from config.json.</summary>
public sealed record ModelInfo
{
    /// <summary>Name of the generated class.</summary>
    public required string Name { get; init; }

    /// <summary>Family, as <c>model_type</c> of config.json names it.</summary>
    public required string ModelType { get; init; }

    /// <summary>Fingerprint of the spec that the code was generated from, 16 hexadecimal digits.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>How the matrices are held in memory.</summary>
    public required WeightFormat WeightFormat { get; init; }

    /// <summary>Blocks of FP8 tensors that share a scale; null: the config names none, and FP8 tensors are refused.</summary>
    public Fp8Block? Fp8Block { get; init; }

    /// <summary>Layers, dense and sparse, those of an encoder included.</summary>
    public required int NumLayers { get; init; }

    /// <summary>How many of the layers, the first ones, are those of an encoder; 0: the model has none.</summary>
    public int NumEncoderLayers { get; init; }

    /// <summary>0-based layers that have experts, those of an encoder counted first.</summary>
    public required IReadOnlyList<int> SparseLayers { get; init; }

    /// <summary>Routed experts of a sparse layer.</summary>
    public required int NumExperts { get; init; }

    /// <summary>Experts chosen per token.</summary>
    public required int TopK { get; init; }

    /// <summary>Tokens of a sequence that an expert takes, later ones being dropped; null: as many as choose it.</summary>
    public int? ExpertCapacity { get; init; }

    /// <summary>What the router's logits mean.</summary>
    public required RouterProbabilities RouterProbabilities { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Tokens of the vocabulary.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Longest sequence the model was made for, in tokens.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>
    /// Positions are relative: <see cref="MaxPositions"/> is what the model was trained with, and a longer context may be asked for.
    /// </summary>
    public bool HasRelativePositions { get; init; }

    /// <summary>Key/value heads of a layer.</summary>
    public required int NumKeyValueHeads { get; init; }

    /// <summary>Elements of a key in the cache.</summary>
    public required int KeyDim { get; init; }

    /// <summary>Elements of a value in the cache; 0: values are part of the keys.</summary>
    public required int ValueDim { get; init; }

    /// <summary>Positions that a token sees, its own included, in the layers of <see cref="WindowLayers"/>; null: all before it.</summary>
    public int? AttentionWindow { get; init; }

    /// <summary>0-based layers in which a token sees a window, or a chunk, of <see cref="AttentionWindow"/> positions.</summary>
    public IReadOnlyList<int> WindowLayers { get; init; } = [];

    /// <summary>
    /// Tokens up to which a text has one set of rotary factors and above which it has another, so that what is cached must be computed
    /// again when a text grows beyond them; null: the factors of a position never change.
    /// </summary>
    public int? RopeSwitchLength { get; init; }

    /// <summary>All parameters.</summary>
    public required long TotalParameters { get; init; }

    /// <summary>Parameters that one token uses.</summary>
    public required long ActiveParameters { get; init; }

    /// <summary>Bytes held outside the experts.</summary>
    public required long DenseBytes { get; init; }

    /// <summary>Bytes of them that a decode step reads: nothing of an encoder, nor an embedding that is not the head, too.</summary>
    public required long DenseBytesPerStep { get; init; }

    /// <summary>Bytes of one expert.</summary>
    public required long ExpertBytes { get; init; }

    /// <summary>Bytes of working memory for each token of a pass, logits not counted.</summary>
    public required long WorkspaceBytesPerToken { get; init; }

    /// <summary>Token that begins a text, or null.</summary>
    public required int? BosTokenId { get; init; }

    /// <summary>Token from which a decoder with an encoder starts to write; null: the model has no encoder.</summary>
    public int? DecoderStartTokenId { get; init; }

    /// <summary>Tokens that end a text.</summary>
    public required IReadOnlyList<int> EosTokenIds { get; init; }

    /// <summary>
    /// Bytes of keys and values of one token in all layers, in float32; a decoder keeps as many for each token of its encoder's input.
    /// </summary>
    public long KeyValueBytesPerToken => KeyValueBytesPerTokenIn(KeyValueFormat.F32);

    /// <summary>An encoder reads the prompt, and a decoder writes.</summary>
    internal bool HasEncoder => NumEncoderLayers > 0;

    /// <summary>Bytes of keys and values of one token in all layers.</summary>
    internal long KeyValueBytesPerTokenIn(KeyValueFormat format) => KvCacheLayout.For(this, format, capacity: 1, chunk: 1).SizeInBytes;
}
