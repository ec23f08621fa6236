using System.Collections.Generic;
using System.Linq;

namespace MoeGen.Generator.Spec;

/// <summary>Which generated class holds a weight.</summary>
internal enum ModelPart
{
    /// <summary>Embedding, last norm, head.</summary>
    Decoder,

    /// <summary>Last norm and relative positions of an encoder.</summary>
    Encoder,

    /// <summary>The norms of every layer.</summary>
    Layer,

    Attention,
    CrossAttention,
    DenseFeedForward,
    Router,
    SharedExpert,
    Expert,
}

/// <summary>Where in a tensor that holds all experts of a layer one expert's weight lies.</summary>
/// <param name="Rows">Rows of the tensor for one expert: more than the weight has when gate and up share it.</param>
/// <param name="FirstRow">Row of the weight's first row.</param>
/// <param name="RowStep">From one row of the weight to the next.</param>
/// <param name="IsTransposed">The tensor has columns for rows.</param>
internal sealed record StackSpec(int Rows, int FirstRow, int RowStep, bool IsTransposed);

/// <summary>
/// A tensor of a model: the one list that fields, weight map, shapes and sizes come from. Immutable, value-equal; adding a member must
/// keep both.
/// </summary>
/// <param name="Name">Name in code, e.g. <c>QProj</c>.</param>
/// <param name="Tensor">Name in the checkpoint, with placeholders.</param>
/// <param name="Part">The class that holds it.</param>
/// <param name="Shape">Shape of a matrix; null: a vector.</param>
/// <param name="Length">Elements of a vector.</param>
/// <param name="Stack">Its place in a tensor of all experts; null: it is a tensor of its own.</param>
internal sealed record WeightSpec(string Name, string Tensor, ModelPart Part, MatrixShape? Shape, int Length = 0, StackSpec? Stack = null)
{
    public const string VocabShape = nameof(VocabShape);
    public const string RouterShape = nameof(RouterShape);
    public const string SharedScoreShape = nameof(SharedScoreShape);
    public const string KeyValueUpShape = nameof(KeyValueUpShape);
    public const string RelativeBiasShape = nameof(RelativeBiasShape);

    /// <summary>It belongs to the encoder of a model that has one.</summary>
    [LaterMember]
    public bool IsInEncoder { get; init; }

    /// <summary>How it is held where that is not as the model; null: as the model.</summary>
    [LaterMember]
    public WeightFormat? OwnFormat { get; init; }

    /// <summary>The dimensions for people.</summary>
    public string Dimensions => Shape is null ? $"[{Length}]" : $"[{Shape.Rows}, {Shape.Columns}]";

    /// <summary>Every weight of a model, in the order of the forward pass.</summary>
    public static IEnumerable<WeightSpec> Of(ModelSpec spec) =>
        All(spec).Select(weight => OwnFormatOf(spec, weight) is { } format ? weight with { OwnFormat = format } : weight);

    /// <summary>How the weight is held.</summary>
    /// <param name="model">How the model is.</param>
    public WeightFormat FormatIn(WeightFormat model) => OwnFormat ?? model;

    // small matrices that decide much, and those that are read column by column, are never quantised; the vocabulary never to 4 bits
    private static WeightFormat? OwnFormatOf(ModelSpec spec, WeightSpec weight) => weight.Shape?.TypeName switch
    {
        _ when !spec.WeightFormat.IsQuantized() => null,
        RouterShape or SharedScoreShape or KeyValueUpShape or RelativeBiasShape => spec.FloatFormat,
        VocabShape when spec.WeightFormat == WeightFormat.Q4 => WeightFormat.Q8,
        _ => null,
    };

    private static IEnumerable<WeightSpec> All(ModelSpec spec)
    {
        MatrixShape vocabulary = new(VocabShape, "Embedding and head", spec.VocabSize, spec.HiddenSize);
        yield return new("EmbedTokens", spec.Tensors.EmbedTokens, ModelPart.Decoder, vocabulary);
        foreach (ModelSpec stack in spec.Stacks)
        {
            foreach (WeightSpec weight in OfStack(stack))
            {
                yield return weight with { Name = stack.Prefix + weight.Name, IsInEncoder = stack.IsEncoder };
            }
        }

        if (!spec.TieWordEmbeddings)
        {
            yield return new("LmHead", spec.Tensors.LmHead, ModelPart.Decoder, vocabulary);
        }

        if (spec.HasHeadBias)
        {
            yield return new("LmHeadBias", TensorNames.BiasOf(spec.Tensors.LmHead), ModelPart.Decoder, null, spec.VocabSize);
        }
    }

    /// <summary>The weights of one stack that a part holds.</summary>
    public static IEnumerable<WeightSpec> Of(ModelSpec stack, ModelPart part) =>
        Of(stack).Where(weight => weight.Part == part && weight.IsInEncoder == stack.IsEncoder);

    private static IEnumerable<WeightSpec> OfStack(ModelSpec spec)
    {
        TensorNames names = spec.Tensors;
        ModelPart top = spec.IsEncoder ? ModelPart.Encoder : ModelPart.Decoder;
        if (spec.Attention is GroupedQuerySpec { RelativeBias: { } bias })
        {
            MatrixShape buckets = new(
                RelativeBiasShape, "A number for each bucket of distances and head", bias.NumBuckets, spec.Attention.NumHeads);
            yield return new("RelativeBias", names.RelativeBias, top, buckets);
        }

        foreach (WeightSpec weight in Norm(spec, "AttentionNorm", names.AttentionNorm, ModelPart.Layer))
        {
            yield return weight;
        }

        foreach (WeightSpec weight in AttentionWeights.Of(spec))
        {
            yield return weight;
        }

        if (spec.Kinds[0].CrossAttention is not null)
        {
            foreach (WeightSpec weight in Norm(spec, "CrossAttentionNorm", names.CrossAttentionNorm, ModelPart.Layer))
            {
                yield return weight;
            }
        }

        foreach (WeightSpec weight in Norm(spec, "FeedForwardNorm", names.FeedForwardNorm, ModelPart.Layer))
        {
            yield return weight;
        }

        foreach (WeightSpec weight in FeedForwardWeights.Of(spec))
        {
            yield return weight;
        }

        foreach (WeightSpec weight in Norm(spec, "FinalNorm", names.FinalNorm, top))
        {
            yield return weight;
        }
    }

    private static IEnumerable<WeightSpec> Norm(ModelSpec spec, string name, string tensor, ModelPart part)
    {
        yield return new(name, tensor, part, null, spec.HiddenSize);
        if (spec.Norm.IsLayerNorm)
        {
            yield return new(name + "Bias", TensorNames.BiasOf(tensor), part, null, spec.HiddenSize);
        }
    }
}
