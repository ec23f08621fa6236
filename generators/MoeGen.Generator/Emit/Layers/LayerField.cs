using System.Collections.Generic;
using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Emit.Layers;

/// <summary>A weight of a layer: the field that holds it and the expression that loads it.</summary>
internal sealed record LayerField(string Name, string Type, string Load, string Shape, string Tensor)
{
    /// <summary>The weights of a layer outside its router and experts, in the order of use.</summary>
    public static IEnumerable<LayerField> Of(LayersInfo info, LayerInfo layer)
    {
        AttentionSpec attention = layer.Attention;
        TensorNames names = info.Tensors;
        string format = info.Format.TypeName();
        int hidden = info.HiddenSize, queries = attention.QueryWidth, keyValues = attention.KeyValueWidth;

        yield return Vector("_attentionNorm", "AttentionNorm", hidden, names.AttentionNorm);
        yield return Matrix("_qProj", "QProj", "QueryShape", format, queries, hidden, names.QProj);
        yield return Matrix("_kProj", "KProj", "KeyValueShape", format, keyValues, hidden, names.KProj);
        yield return Matrix("_vProj", "VProj", "KeyValueShape", format, keyValues, hidden, names.VProj);
        yield return Matrix("_oProj", "OProj", "AttentionOutputShape", format, hidden, queries, names.OProj);
        if (attention.HasBias)
        {
            yield return Vector("_qBias", "QBias", queries, TensorNames.BiasOf(names.QProj));
            yield return Vector("_kBias", "KBias", keyValues, TensorNames.BiasOf(names.KProj));
            yield return Vector("_vBias", "VBias", keyValues, TensorNames.BiasOf(names.VProj));
            yield return Vector("_oBias", "OBias", hidden, TensorNames.BiasOf(names.OProj));
        }

        if (attention.HasHeadNorm)
        {
            yield return Vector("_qNorm", "QNorm", attention.HeadDim, names.QNorm);
            yield return Vector("_kNorm", "KNorm", attention.HeadDim, names.KNorm);
        }

        yield return Vector("_feedForwardNorm", "FeedForwardNorm", hidden, names.FeedForwardNorm);
        if (!layer.IsSparse)
        {
            yield return Matrix("_gateProj", "DenseGateProj", "DenseUpShape", format, layer.IntermediateSize, hidden, names.DenseGateProj);
            yield return Matrix("_upProj", "DenseUpProj", "DenseUpShape", format, layer.IntermediateSize, hidden, names.DenseUpProj);
            yield return Matrix(
                "_downProj", "DenseDownProj", "DenseDownShape", format, hidden, layer.IntermediateSize, names.DenseDownProj);
        }
    }

    private static LayerField Matrix(string name, string constant, string shape, string format, int rows, int columns, string tensor) =>
        new(
            name, $"Matrix<{shape}, {format}>", $"weights.Matrix<{shape}, {format}>(WeightMap.{constant}, index)", $"[{rows}, {columns}]",
            tensor);

    private static LayerField Vector(string name, string constant, int length, string tensor) =>
        new(name, "WeightVector", $"weights.Vector(WeightMap.{constant}, {length}, index)", $"[{length}]", tensor);
}
