using System.Collections.Generic;

namespace MoeGen.Generator.Spec;

/// <summary>Which generated class holds a weight.</summary>
internal enum ModelPart
{
    /// <summary>Embedding, last norm, head.</summary>
    Decoder,

    /// <summary>The two norms of every layer.</summary>
    Layer,

    Attention,
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
    /// <summary>The dimensions for people.</summary>
    public string Dimensions => Shape is null ? $"[{Length}]" : $"[{Shape.Rows}, {Shape.Columns}]";

    /// <summary>Every weight of a model, in the order of the forward pass.</summary>
    public static IEnumerable<WeightSpec> Of(ModelSpec spec)
    {
        TensorNames names = spec.Tensors;
        int hidden = spec.HiddenSize;
        MatrixShape vocabulary = new("VocabShape", "Embedding and head", spec.VocabSize, hidden);
        yield return new("EmbedTokens", names.EmbedTokens, ModelPart.Decoder, vocabulary);
        foreach (WeightSpec weight in Norm(spec, "AttentionNorm", names.AttentionNorm, ModelPart.Layer))
        {
            yield return weight;
        }

        foreach (WeightSpec weight in AttentionWeights.Of(spec))
        {
            yield return weight;
        }

        foreach (WeightSpec weight in Norm(spec, "FeedForwardNorm", names.FeedForwardNorm, ModelPart.Layer))
        {
            yield return weight;
        }

        foreach (WeightSpec weight in FeedForwardWeights.Of(spec))
        {
            yield return weight;
        }

        foreach (WeightSpec weight in Norm(spec, "FinalNorm", names.FinalNorm, ModelPart.Decoder))
        {
            yield return weight;
        }

        if (!spec.TieWordEmbeddings)
        {
            yield return new("LmHead", names.LmHead, ModelPart.Decoder, vocabulary);
        }

        if (spec.HasHeadBias)
        {
            yield return new("LmHeadBias", TensorNames.BiasOf(names.LmHead), ModelPart.Decoder, null, spec.VocabSize);
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
