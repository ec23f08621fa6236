using System.Collections.Generic;
using System.Linq;
using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Emit.WeightMap;

/// <summary>How often a tensor exists.</summary>
internal enum WeightScope
{
    Model,
    AllLayers,
    SparseLayers,
    DenseLayers,
    Experts,
}

/// <summary>A row of the table of tensors. Immutable, value-equal; adding a member must keep both.</summary>
/// <param name="Constant">Name of the constant that holds the tensor's name.</param>
/// <param name="Tensor">Name in the checkpoint, with placeholders.</param>
/// <param name="Scope">How often it exists.</param>
/// <param name="ShapeType">Type arguments of a matrix, e.g. <c>QueryShape, Bf16</c>; null for a vector.</param>
/// <param name="Length">Elements of a vector; 0 for a matrix.</param>
/// <param name="Shape">The shape for people.</param>
internal sealed record WeightEntry(string Constant, string Tensor, WeightScope Scope, string? ShapeType, int Length, string Shape)
{
    /// <summary>Every tensor of a model, in the order of the forward pass.</summary>
    public static IEnumerable<WeightEntry> Of(ModelSpec spec)
    {
        AttentionSpec attention = spec.Kinds[0].Attention;
        TensorNames names = spec.Tensors;
        int hidden = spec.HiddenSize, queries = attention.QueryWidth, keyValues = attention.KeyValueWidth;

        WeightEntry Matrix(string constant, string tensor, WeightScope scope, string shape, int rows, int columns) =>
            new(constant, tensor, scope, $"{shape}, {spec.WeightFormat.TypeName()}", 0, $"[{rows}, {columns}]");
        WeightEntry Vector(string constant, string tensor, WeightScope scope, int length) =>
            new(constant, tensor, scope, null, length, $"[{length}]");

        yield return Matrix("EmbedTokens", names.EmbedTokens, WeightScope.Model, "VocabShape", spec.VocabSize, hidden);
        yield return Vector("AttentionNorm", names.AttentionNorm, WeightScope.AllLayers, hidden);
        yield return Matrix("QProj", names.QProj, WeightScope.AllLayers, "QueryShape", queries, hidden);
        yield return Matrix("KProj", names.KProj, WeightScope.AllLayers, "KeyValueShape", keyValues, hidden);
        yield return Matrix("VProj", names.VProj, WeightScope.AllLayers, "KeyValueShape", keyValues, hidden);
        yield return Matrix("OProj", names.OProj, WeightScope.AllLayers, "AttentionOutputShape", hidden, queries);
        if (attention.HasBias)
        {
            yield return Vector("QBias", TensorNames.BiasOf(names.QProj), WeightScope.AllLayers, queries);
            yield return Vector("KBias", TensorNames.BiasOf(names.KProj), WeightScope.AllLayers, keyValues);
            yield return Vector("VBias", TensorNames.BiasOf(names.VProj), WeightScope.AllLayers, keyValues);
            yield return Vector("OBias", TensorNames.BiasOf(names.OProj), WeightScope.AllLayers, hidden);
        }

        if (attention.HasHeadNorm)
        {
            yield return Vector("QNorm", names.QNorm, WeightScope.AllLayers, attention.HeadDim);
            yield return Vector("KNorm", names.KNorm, WeightScope.AllLayers, attention.HeadDim);
        }

        yield return Vector("FeedForwardNorm", names.FeedForwardNorm, WeightScope.AllLayers, hidden);
        if (spec.Kinds.Select(kind => kind.FeedForward).OfType<DenseSpec>().FirstOrDefault() is { } dense)
        {
            yield return Matrix(
                "DenseGateProj", names.DenseGateProj, WeightScope.DenseLayers, "DenseUpShape", dense.IntermediateSize, hidden);
            yield return Matrix("DenseUpProj", names.DenseUpProj, WeightScope.DenseLayers, "DenseUpShape", dense.IntermediateSize, hidden);
            yield return Matrix(
                "DenseDownProj", names.DenseDownProj, WeightScope.DenseLayers, "DenseDownShape", hidden, dense.IntermediateSize);
        }

        int intermediate = spec.Sparse.IntermediateSize;
        yield return Matrix("Router", names.Router, WeightScope.SparseLayers, "RouterShape", spec.Sparse.NumExperts, hidden);
        yield return Matrix("ExpertGateProj", names.ExpertGateProj, WeightScope.Experts, "ExpertUpShape", intermediate, hidden);
        yield return Matrix("ExpertUpProj", names.ExpertUpProj, WeightScope.Experts, "ExpertUpShape", intermediate, hidden);
        yield return Matrix("ExpertDownProj", names.ExpertDownProj, WeightScope.Experts, "ExpertDownShape", hidden, intermediate);
        yield return Vector("FinalNorm", names.FinalNorm, WeightScope.Model, hidden);
        if (!spec.TieWordEmbeddings)
        {
            yield return Matrix("LmHead", names.LmHead, WeightScope.Model, "VocabShape", spec.VocabSize, hidden);
        }
    }
}
