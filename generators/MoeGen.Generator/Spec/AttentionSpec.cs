namespace MoeGen.Generator.Spec;

/// <summary>
/// Attention of one kind of layer. All layers of a model have the same weights; kinds differ in what a token sees.
/// Immutable, value-equal; adding a member must keep both.
/// </summary>
/// <param name="NumHeads">Query heads.</param>
/// <param name="Scale">Factor on the product of query and key.</param>
internal abstract record AttentionSpec(int NumHeads, double Scale)
{
    /// <summary>Positions a token sees, itself included; null: all before it.</summary>
    public int? SlidingWindow { get; init; }

    /// <summary>A token sees only its own chunk of so many positions; null: all before it.</summary>
    public int? ChunkSize { get; init; }

    /// <summary>A token sees every position, those behind it included.</summary>
    [LaterMember]
    public bool SeesAll { get; init; }

    /// <summary>Queries and keys are rotated by their position.</summary>
    public bool HasRope { get; init; } = true;

    /// <summary>Key heads in the cache; divides the query heads.</summary>
    public abstract int NumKeyHeads { get; }

    /// <summary>Elements of a cached key.</summary>
    public abstract int KeyDim { get; }

    /// <summary>Elements of a cached value, or of the part of the key that is the value.</summary>
    public abstract int ValueDim { get; }

    /// <summary>Elements of a cached value beside the key; 0 when the value is a part of the key.</summary>
    public abstract int CacheValueDim { get; }

    /// <summary>Elements of a head in what goes into the output projection.</summary>
    internal abstract int OutputDim { get; }

    /// <summary>Elements that a position takes in the cache of a layer.</summary>
    public int CacheWidth => NumKeyHeads * (KeyDim + CacheValueDim);
}

/// <summary>Norms on queries and keys.</summary>
internal enum QueryKeyNorm
{
    None,

    /// <summary>RMSNorm on every head, with weights, before the rotation (Qwen3).</summary>
    PerHead,

    /// <summary>RMSNorm over all heads at once, with weights, before the rotation (OLMoE).</summary>
    FullWidth,

    /// <summary>RMS norm on every head, without weights, behind the rotation (Llama 4).</summary>
    BehindRope,
}

/// <summary>Grouped-query attention. Immutable, value-equal; adding a member must keep both.</summary>
/// <param name="NumHeads">Query heads.</param>
/// <param name="Scale">Factor on the product of query and key.</param>
/// <param name="NumKeyValueHeads">Key/value heads; divides the query heads.</param>
/// <param name="HeadDim">Elements of one head.</param>
internal sealed record GroupedQuerySpec(int NumHeads, double Scale, int NumKeyValueHeads, int HeadDim) : AttentionSpec(NumHeads, Scale)
{
    /// <summary>Norms on q and k.</summary>
    public QueryKeyNorm Norm { get; init; }

    /// <summary>Biases on q, k and v.</summary>
    public bool HasBias { get; init; }

    /// <summary>Bias on the output projection.</summary>
    public bool HasOutputBias { get; init; }

    /// <summary>A learned logit per head in the denominator of the softmax (gpt-oss).</summary>
    public bool HasSinks { get; init; }

    /// <summary>q, k and v are clamped to plus and minus this; null: they are not (OLMoE's <c>clip_qkv</c>).</summary>
    public double? Clip { get; init; }

    /// <summary>Learned numbers that are added to the scores by distance; null: none.</summary>
    [LaterMember]
    public RelativeBiasSpec? RelativeBias { get; init; }

    /// <summary>Longer contexts sharpen the attention; null: they do not.</summary>
    public TemperatureSpec? Temperature { get; init; }

    /// <summary>Width of all query heads together.</summary>
    public int QueryWidth => NumHeads * HeadDim;

    /// <summary>Width of all key (or value) heads together.</summary>
    public int KeyValueWidth => NumKeyValueHeads * HeadDim;

    public override int NumKeyHeads => NumKeyValueHeads;

    public override int KeyDim => HeadDim;

    public override int ValueDim => HeadDim;

    public override int CacheValueDim => HeadDim;

    internal override int OutputDim => HeadDim;
}

/// <summary>
/// A number for each head and bucket of distances, the same in all layers of a stack (T5, arXiv 1910.10683). Immutable, value-equal;
/// adding a member must keep both.
/// </summary>
/// <param name="NumBuckets">Buckets, of both directions together where a token sees both.</param>
/// <param name="MaxDistance">Distance from which on all are alike.</param>
internal sealed record RelativeBiasSpec(int NumBuckets, int MaxDistance);

/// <summary>Queries times <c>1 + Scale ln(floor((position + 1) / Floor) + 1)</c> (arXiv 2501.19399, as Llama 4 has it).</summary>
internal sealed record TemperatureSpec(double Scale, double Floor);

/// <summary>
/// Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434, section 2.1): keys and values of all heads come from one small latent
/// vector per position, and that is what the cache holds. Immutable, value-equal; adding a member must keep both.
/// </summary>
/// <param name="NumHeads">Heads.</param>
/// <param name="Scale">Factor on the product of query and key.</param>
/// <param name="QueryRank">Width of the queries' own latent; null: queries come straight from the hidden state.</param>
/// <param name="LatentRank">Width of the latent of keys and values.</param>
/// <param name="NopeDim">Elements of a head that carry no position.</param>
/// <param name="RopeDim">Elements of a head that are rotated; all heads share those of the key.</param>
/// <param name="HeadValueDim">Elements of a head's value.</param>
/// <param name="HasBias">Biases on the down-projections and on the output projection.</param>
internal sealed record LatentSpec(
    int NumHeads, double Scale, int? QueryRank, int LatentRank, int NopeDim, int RopeDim, int HeadValueDim, bool HasBias)
    : AttentionSpec(NumHeads, Scale)
{
    /// <summary>Epsilon of the norms of both latents, whatever the config says (DeepSeek's modeling code).</summary>
    public const double NormEpsilon = 1e-6;

    /// <summary>Width of all query heads together.</summary>
    public int QueryWidth => NumHeads * (NopeDim + RopeDim);

    /// <summary>Width of all heads' values together.</summary>
    public int ValueWidth => NumHeads * HeadValueDim;

    /// <summary>Rows of the matrix from the latent to keys and values of all heads.</summary>
    public int UpWidth => NumHeads * (NopeDim + HeadValueDim);

    public override int NumKeyHeads => 1;

    public override int KeyDim => LatentRank + RopeDim;

    public override int ValueDim => LatentRank;

    public override int CacheValueDim => 0;

    internal override int OutputDim => HeadValueDim;
}
