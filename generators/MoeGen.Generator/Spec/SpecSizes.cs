using System.Linq;

namespace MoeGen.Generator.Spec;

/// <summary>Size of some weights: parameters as publications count them, bytes as MoeGen holds them.</summary>
internal readonly record struct WeightSize(long Parameters, long Bytes)
{
    /// <summary>The size of one weight.</summary>
    /// <param name="weight">The weight.</param>
    /// <param name="format">How the model is held.</param>
    public static WeightSize Of(WeightSpec weight, WeightFormat format) =>
        weight.Shape is { } shape
            ? new((long)shape.Rows * shape.Columns, MatrixLayout.Bytes(shape.Rows, shape.Columns, weight.FormatIn(format)))
            : new(weight.Length, RowLayout.VectorBytes(weight.Length));

    public static WeightSize operator +(WeightSize a, WeightSize b) => new(a.Parameters + b.Parameters, a.Bytes + b.Bytes);

    public static WeightSize operator *(long count, WeightSize size) => new(count * size.Parameters, count * size.Bytes);
}

/// <summary>Parameters and bytes of a model, computed from its spec alone.</summary>
internal sealed class SpecSizes(ModelSpec spec)
{
    private const int KeyValueBytesPerElement = 4;

    private readonly WeightSpec[] _weights = WeightSpec.Of(spec).ToArray();

    public int NumSparseLayers => spec.Stacks.Sum(stack => stack.SparseLayers.Count);

    public long NumExperts => (long)NumSparseLayers * spec.Sparse.NumExperts;

    /// <summary>One routed expert.</summary>
    public WeightSize Expert => Of(ModelPart.Expert, isInEncoder: spec.SparseLayers.Count == 0);

    /// <summary>All routed experts of all layers.</summary>
    public WeightSize Experts => NumExperts * Expert;

    /// <summary>Everything but the routed experts.</summary>
    public WeightSize Dense =>
        spec.Stacks.Aggregate(
            Of(ModelPart.Decoder) + Of(ModelPart.Encoder, isInEncoder: true), (sum, stack) => sum + LayersOutsideExperts(stack));

    /// <summary>
    /// Bytes outside the experts that a decode step reads: nothing of an encoder, and not the embedding, of which a token takes a row,
    /// unless it is the head, too.
    /// </summary>
    public long DenseBytesPerStep
    {
        get
        {
            WeightSpec embedding = _weights.First(weight => weight.Tensor == spec.Tensors.EmbedTokens);
            long unread = spec.TieWordEmbeddings ? 0 : WeightSize.Of(embedding, spec.WeightFormat).Bytes;
            return (Of(ModelPart.Decoder) + LayersOutsideExperts(spec)).Bytes - unread;
        }
    }

    public long TotalParameters => Dense.Parameters + Experts.Parameters;

    /// <summary>Parameters that one token uses: everything but the experts it does not choose.</summary>
    public long ActiveParameters => Dense.Parameters + ((long)NumSparseLayers * spec.Sparse.TopK * Expert.Parameters);

    /// <summary>Bytes of keys and values of one token in all layers, in float32.</summary>
    public long KeyValueBytesPerToken => (long)spec.NumLayers * spec.Attention.CacheWidth * KeyValueBytesPerElement;

    /// <summary>The weights of one of the model's classes.</summary>
    public WeightSize Of(ModelPart part, bool isInEncoder = false) =>
        _weights.Where(weight => weight.Part == part && weight.IsInEncoder == isInEncoder)
            .Aggregate(default(WeightSize), (sum, weight) => sum + WeightSize.Of(weight, spec.WeightFormat));

    /// <summary>Attention, norms, router and shared expert or dense feed-forward part of one layer.</summary>
    /// <param name="stack">The stack of the layer.</param>
    /// <param name="kind">Its kind.</param>
    public WeightSize LayerOutsideExperts(ModelSpec stack, LayerKindSpec kind)
    {
        ModelPart[] parts = kind.FeedForward is SparseSpec
            ? [ModelPart.Layer, ModelPart.Attention, ModelPart.CrossAttention, ModelPart.Router, ModelPart.SharedExpert]
            : [ModelPart.Layer, ModelPart.Attention, ModelPart.CrossAttention, ModelPart.DenseFeedForward];
        return parts.Aggregate(default(WeightSize), (sum, part) => sum + Of(part, stack.IsEncoder));
    }

    private WeightSize LayersOutsideExperts(ModelSpec stack) =>
        stack.LayerKinds.Aggregate(default(WeightSize), (sum, kind) => sum + LayerOutsideExperts(stack, stack.Kinds[kind]));
}
