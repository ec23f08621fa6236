using System.Collections.Generic;

namespace MoeGen.Generator.Spec.Families;

/// <summary>
/// A model family as data: what its config.json calls things, what its tensors are called, and the few ways in which it differs.
/// <see cref="ModelSpecReader"/> turns any family's config into the same <see cref="ModelSpec"/>. A key that is null is one that the
/// family does not have; defaults are those of its configuration class in transformers.
/// </summary>
internal sealed class Family
{
    /// <summary>Value of <c>model_type</c>.</summary>
    public required string ModelType { get; init; }

    public SizeKeys Sizes { get; init; } = new();

    public required AttentionKeys Attention { get; init; }

    public required ExpertKeys Experts { get; init; }

    public required RouterKeys Router { get; init; }

    public LayerPlanKeys Layers { get; init; } = new();

    /// <summary>Rotary positions; null: the family has none.</summary>
    public RopeKeys? Rope { get; init; } = new();

    /// <summary>The stack that reads the input; null: the family only continues texts.</summary>
    public EncoderKeys? Encoder { get; init; }

    /// <summary>Key of the intermediate size of dense layers; null: the family has none.</summary>
    public string? DenseIntermediateSizeKey { get; init; }

    /// <summary>Keys of the activation, of which the first that is there counts.</summary>
    public string[] ActivationKeys { get; init; } = ["hidden_act"];

    public string DefaultActivation { get; init; } = "silu";

    /// <summary>Feed-forward networks are <c>down(activation(up(x)))</c>.</summary>
    public bool IsUngated { get; init; }

    /// <summary>LayerNorm with bias in place of RMSNorm.</summary>
    public bool HasLayerNorm { get; init; }

    /// <summary>Epsilon of the norms when the config does not say.</summary>
    public required double DefaultNormEpsilon { get; init; }

    /// <summary>The multipliers of Granite: <c>embedding_multiplier</c>, <c>residual_multiplier</c>, <c>logits_scaling</c>.</summary>
    public bool HasMultipliers { get; init; }

    /// <summary>The head is the embedding when the config does not say.</summary>
    public bool TiesEmbeddings { get; init; }

    /// <summary>A head that is the embedding has its scores divided by the root of the hidden size (T5).</summary>
    public bool ScalesTiedHead { get; init; }

    /// <summary>Key that puts a bias on the head.</summary>
    public string? HeadBiasKey { get; init; }

    public required TensorNames Tensors { get; init; }

    /// <summary>Values that a key of another family's maths may have here, as JSON writes them.</summary>
    public IReadOnlyDictionary<string, string[]> FixedSettings { get; init; } = new Dictionary<string, string[]>();

    /// <summary>Keys of the family that do not change inference (training, dropout), beyond <see cref="NeutralKeys.Always"/>.</summary>
    public IReadOnlyCollection<string> NeutralKeys { get; init; } = [];
}

/// <summary>Sizes of a family that others have under other names.</summary>
internal sealed record SizeKeys
{
    public string HiddenSize { get; init; } = "hidden_size";

    public string NumLayers { get; init; } = "num_hidden_layers";

    public string MaxPositions { get; init; } = "max_position_embeddings";

    /// <summary>Longest text when the config does not say; null: it must.</summary>
    public int? DefaultMaxPositions { get; init; }

    public string NormEpsilon { get; init; } = "rms_norm_eps";
}

/// <summary>The encoder of a family; its attention and experts are those of the decoder.</summary>
internal sealed record EncoderKeys
{
    /// <summary>Key of its number of layers; a config without the decoder's has as many of them.</summary>
    public required string NumLayersKey { get; init; }

    public required LayerPlanKeys Layers { get; init; }

    public required TensorNames Tensors { get; init; }
}

/// <summary>Attention of a family.</summary>
internal sealed record AttentionKeys
{
    public string HeadsKey { get; init; } = "num_attention_heads";

    public string HeadDimKey { get; init; } = "head_dim";

    /// <summary>Elements of a head when the config does not say; null: the hidden size over the heads.</summary>
    public int? DefaultHeadDim { get; init; }

    /// <summary>Learned numbers for distances: <c>relative_attention_num_buckets</c>, <c>relative_attention_max_distance</c>.</summary>
    public bool HasRelativeBias { get; init; }

    /// <summary>The product of query and key is not scaled (T5).</summary>
    public bool IsUnscaled { get; init; }

    /// <summary>Multi-head latent attention in place of grouped-query attention.</summary>
    public bool IsLatent { get; init; }

    /// <summary>Key that puts biases on the projections.</summary>
    public string? BiasKey { get; init; }

    public bool HasBiasByDefault { get; init; }

    /// <summary>The biases are on the output projection too.</summary>
    public bool HasOutputBias { get; init; } = true;

    /// <summary>Norms on q and k; where <see cref="NormKey"/> is given, those that it switches on.</summary>
    public QueryKeyNorm Norm { get; init; }

    public string? NormKey { get; init; }

    public bool HasNormByDefault { get; init; }

    public bool HasSinks { get; init; }

    /// <summary>Key of the bound that q, k and v are clamped to.</summary>
    public string? ClipKey { get; init; }

    /// <summary>Key of the factor on the product of query and key; null: one over the root of the head dimension.</summary>
    public string? ScaleKey { get; init; }

    /// <summary>Layers without rotary positions sharpen their queries with the position (<c>attn_temperature_tuning</c>).</summary>
    public bool HasTemperature { get; init; }
}

/// <summary>Experts of a family.</summary>
internal sealed record ExpertKeys
{
    /// <summary>Spellings of the number of routed experts; the first is the usual one.</summary>
    public required string[] CountKeys { get; init; }

    /// <summary>Spellings of the number of experts per token; the first is the usual one.</summary>
    public string[] TopKKeys { get; init; } = ["num_experts_per_tok"];

    /// <summary>Experts per token where the family leaves no choice; null: as <see cref="TopKKeys"/> say.</summary>
    public int? FixedTopK { get; init; }

    public required string IntermediateSizeKey { get; init; }

    public bool HasBias { get; init; }

    public bool ScalesInput { get; init; }

    /// <summary>Key of the bound of a clamped SwiGLU; null: the activation is what <c>hidden_act</c> says.</summary>
    public string? SwiGluLimitKey { get; init; }

    /// <summary>Key of the number of shared experts, each as wide as a routed one; they are stored as one.</summary>
    public string? SharedCountKey { get; init; }

    public int DefaultSharedCount { get; init; }

    /// <summary>Key of the intermediate size of the shared expert.</summary>
    public string? SharedIntermediateSizeKey { get; init; }

    /// <summary>The shared expert's output is weighted by the sigmoid of a learned score.</summary>
    public bool IsSharedGated { get; init; }
}

/// <summary>Router of a family.</summary>
internal sealed record RouterKeys
{
    public required RouterKind Kind { get; init; }

    public bool HasBias { get; init; }

    /// <summary>Key that puts a bias on the logits; null: as <see cref="HasBias"/> says.</summary>
    public string? BiasKey { get; init; }

    /// <summary>Key of the number of tokens of a sequence that an expert takes; null: it takes all.</summary>
    public string? CapacityKey { get; init; }

    public int DefaultCapacity { get; init; } = 64;

    /// <summary>Key that says whether the chosen weights are renormalised; null: as <see cref="Normalizes"/> says.</summary>
    public string? NormalizeKey { get; init; }

    /// <summary>Whether the weights are renormalised when the config does not say.</summary>
    public bool Normalizes { get; init; }

    /// <summary>Weights that are renormalised are not scaled (DeepSeek-V2).</summary>
    public bool ScalesOnlyPlain { get; init; }

    public string? ScaleKey { get; init; }

    public double DefaultScale { get; init; } = 1;

    /// <summary>Experts compete in groups: <c>n_group</c>, <c>topk_group</c>.</summary>
    public bool HasGroups { get; init; }

    public int DefaultNumGroups { get; init; } = 1;

    public int DefaultTopKGroups { get; init; } = 1;

    /// <summary>Value of <c>topk_method</c> at which the groups count; null: they always do.</summary>
    public string? GroupMethod { get; init; }

    public string? JitterKey { get; init; }

    public double DefaultJitter { get; init; }
}

/// <summary>Which layers are sparse, and what each of them sees.</summary>
internal sealed record LayerPlanKeys
{
    /// <summary>Key of the period of sparse layers: layer <c>i</c> is sparse when <c>(i + 1) % step == 0</c>.</summary>
    public string? SparseStepKey { get; init; }

    /// <summary>Key of the list of layers that are dense whatever the period says.</summary>
    public string? DenseLayersKey { get; init; }

    /// <summary>Key of the list of sparse layers, which takes the place of the period.</summary>
    public string? SparseLayersKey { get; init; }

    /// <summary>Key of the number of first layers that are dense.</summary>
    public string? FirstDenseKey { get; init; }

    public int DefaultFirstDense { get; init; }

    /// <summary>
    /// Key of the period of sparse layers behind the first ones: layer <c>i</c> is sparse when <c>i % frequency == 0</c>.
    /// </summary>
    public string? FrequencyKey { get; init; }

    /// <summary>
    /// Key of the number of sparse layers (Switch): of <c>step = layers / count</c>, layer <c>i</c> is sparse when <c>i % step == 1</c>, or
    /// every layer when the step is 1.
    /// </summary>
    public string? SparseCountKey { get; init; }

    /// <summary>Key of that step, 0 for none, which counts where it is given.</summary>
    public string? SparseCountStepKey { get; init; }

    /// <summary>Layers may see a window of <c>sliding_window</c> positions.</summary>
    public bool HasSlidingWindow { get; init; }

    /// <summary>Key that must be true for <c>sliding_window</c> to count; null: it counts whenever it is a number.</summary>
    public string? SlidingWindowSwitchKey { get; init; }

    /// <summary>The window when the config does not say; null: none.</summary>
    public int? DefaultSlidingWindow { get; init; }

    /// <summary>Without <c>layer_types</c>, every second layer slides, the first one included.</summary>
    public bool SlidesEverySecond { get; init; }

    /// <summary>Key of the number of first layers among which layers slide; null: all of them.</summary>
    public string? SlidingLayersKey { get; init; }

    public int DefaultSlidingLayers { get; init; }

    /// <summary>
    /// <c>layer_types</c> says which layers slide; otherwise the family's code does not look at it, and it may only say the same.
    /// </summary>
    public bool HasLayerTypes { get; init; }

    /// <summary>
    /// Llama 4's plan: <c>no_rope_layers</c> says which layers rotate; those see chunks of <c>attention_chunk_size</c>, the others all.
    /// </summary>
    public bool HasNopeLayers { get; init; }
}

/// <summary>Rotary positions of a family.</summary>
internal sealed record RopeKeys
{
    /// <summary>Base of the frequencies when the config does not say.</summary>
    public double DefaultTheta { get; init; } = 10_000;

    public bool IsInterleaved { get; init; }

    /// <summary>Key that says whether neighbouring elements make a pair; null: as <see cref="IsInterleaved"/> says.</summary>
    public string? InterleaveKey { get; init; }

    /// <summary>Key of the share of a head that turns; null: all of it.</summary>
    public string? PartialFactorKey { get; init; }

    public double DefaultPartialFactor { get; init; } = 1;

    /// <summary>The positions of a config that has no key about their scaling at all; null: plain ones.</summary>
    public RopeSpec? WithoutScaling { get; init; }
}
