using System.Collections.Generic;
using System.Linq;

namespace MoeGen.Generator.Spec;

/// <summary>The weights of the attention, which are the same in every layer.</summary>
internal static class AttentionWeights
{
    public static IEnumerable<WeightSpec> Of(ModelSpec spec)
    {
        IEnumerable<WeightSpec> self =
            spec.Attention is LatentSpec latent ? OfLatent(spec, latent) : OfGroupedQuery(spec, (GroupedQuerySpec)spec.Attention);
        return spec.Kinds[0].CrossAttention is { } cross ? self.Concat(OfCross(spec, cross)) : self;
    }

    // the same projections under names of their own
    private static IEnumerable<WeightSpec> OfCross(ModelSpec spec, GroupedQuerySpec cross)
    {
        TensorNames names = spec.Tensors with
        {
            QProj = spec.Tensors.CrossQProj,
            KProj = spec.Tensors.CrossKProj,
            VProj = spec.Tensors.CrossVProj,
            OProj = spec.Tensors.CrossOProj,
        };
        return OfGroupedQuery(spec with { Tensors = names }, cross)
            .Select(weight => weight with { Name = "Cross" + weight.Name, Part = ModelPart.CrossAttention });
    }

    private static IEnumerable<WeightSpec> OfGroupedQuery(ModelSpec spec, GroupedQuerySpec attention)
    {
        TensorNames names = spec.Tensors;
        int hidden = spec.HiddenSize, queries = attention.QueryWidth, keyValues = attention.KeyValueWidth;
        MatrixShape query = new("QueryShape", "Queries of all heads", queries, hidden);
        MatrixShape keyValue = new("KeyValueShape", "Keys, or values, of all heads", keyValues, hidden);
        yield return Matrix("QProj", names.QProj, query);
        yield return Matrix("KProj", names.KProj, keyValue);
        yield return Matrix("VProj", names.VProj, keyValue);
        yield return Matrix("OProj", names.OProj, OutputShape(hidden, queries));
        if (attention.HasBias)
        {
            yield return Vector("QBias", TensorNames.BiasOf(names.QProj), queries);
            yield return Vector("KBias", TensorNames.BiasOf(names.KProj), keyValues);
            yield return Vector("VBias", TensorNames.BiasOf(names.VProj), keyValues);
        }

        if (attention.HasOutputBias)
        {
            yield return Vector("OBias", TensorNames.BiasOf(names.OProj), hidden);
        }

        if (attention.Norm is QueryKeyNorm.PerHead or QueryKeyNorm.FullWidth)
        {
            bool isPerHead = attention.Norm == QueryKeyNorm.PerHead;
            yield return Vector("QNorm", names.QNorm, isPerHead ? attention.HeadDim : queries);
            yield return Vector("KNorm", names.KNorm, isPerHead ? attention.HeadDim : keyValues);
        }

        if (attention.HasSinks)
        {
            yield return Vector("Sinks", names.Sinks, attention.NumHeads);
        }
    }

    private static IEnumerable<WeightSpec> OfLatent(ModelSpec spec, LatentSpec attention)
    {
        TensorNames names = spec.Tensors;
        int hidden = spec.HiddenSize;
        if (attention.QueryRank is { } rank)
        {
            yield return Matrix("QAProj", names.QAProj, new("QueryDownShape", "Hidden state to the latent of queries", rank, hidden));
            if (attention.HasBias)
            {
                yield return Vector("QABias", TensorNames.BiasOf(names.QAProj), rank);
            }

            yield return Vector("QANorm", names.QANorm, rank);
            yield return Matrix("QBProj", names.QBProj, new("QueryShape", "Latent to queries of all heads", attention.QueryWidth, rank));
        }
        else
        {
            yield return Matrix("QProj", names.QProj, new("QueryShape", "Queries of all heads", attention.QueryWidth, hidden));
        }

        yield return Matrix(
            "KvAProj", names.KvAProj,
            new("LatentShape", "Hidden state to the latent of keys and values and the rotated part of keys", attention.KeyDim, hidden));
        if (attention.HasBias)
        {
            yield return Vector("KvABias", TensorNames.BiasOf(names.KvAProj), attention.KeyDim);
        }

        yield return Vector("KvANorm", names.KvANorm, attention.LatentRank);
        yield return Matrix(
            "KvBProj", names.KvBProj,
            new(WeightSpec.KeyValueUpShape, "Latent to keys and values of all heads", attention.UpWidth, attention.LatentRank));
        yield return Matrix("OProj", names.OProj, OutputShape(hidden, attention.ValueWidth));
        if (attention.HasBias)
        {
            yield return Vector("OBias", TensorNames.BiasOf(names.OProj), hidden);
        }
    }

    private static MatrixShape OutputShape(int hidden, int width) =>
        new("AttentionOutputShape", "From all heads back to the residual stream", hidden, width);

    private static WeightSpec Matrix(string name, string tensor, MatrixShape shape) => new(name, tensor, ModelPart.Attention, shape);

    private static WeightSpec Vector(string name, string tensor, int length) => new(name, tensor, ModelPart.Attention, null, length);
}
