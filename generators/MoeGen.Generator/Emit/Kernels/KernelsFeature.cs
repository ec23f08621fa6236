using System.Collections.Generic;
using System.Linq;
using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Emit.Kernels;

/// <summary>The shapes that kernels are compiled for: one struct of constants for each.</summary>
internal sealed class KernelsFeature : Feature<KernelsInfo>
{
    public override string Name => "Kernels";

    public override KernelsInfo GetInfo(ModelDeclaration model) =>
        new(
            model.Name,
            new EquatableArray<MatrixShape>(MatrixShape.Of(model.Spec)),
            new EquatableArray<AttentionShape>(model.Spec.Kinds.Select(kind => AttentionShape.Of(model.Spec, kind)).Distinct()));

    protected override void Write(CodeWriter writer, KernelsInfo info)
    {
        writer.PartsNamespace(info.Model, "MoeGen.Kernels");
        foreach (MatrixShape shape in info.Matrices)
        {
            writer.Summary($"{shape.Description}: [{shape.Rows}, {shape.Columns}].");
            writer.Attributes();
            writer.Open($"public readonly struct {shape.TypeName} : IMatrixShape");
            writer.Line($"public static int Rows => {shape.Rows};");
            writer.Line();
            writer.Line($"public static int Columns => {shape.Columns};");
            writer.Close();
            writer.Line();
        }

        foreach (AttentionShape shape in info.Attentions)
        {
            AttentionSpec attention = shape.Attention;
            string seen = attention.SlidingWindow is { } positions ? $"the last {positions} positions" : "all positions before";
            string heads = $"{attention.NumHeads} query heads over {attention.NumKeyValueHeads} key/value heads of {attention.HeadDim}";
            writer.Summary($"Attention: {heads}, {seen}.");
            writer.Attributes();
            writer.Open($"internal readonly struct {shape.TypeName} : IAttentionShape");
            writer.Line($"public static int NumHeads => {attention.NumHeads};");
            writer.Line();
            writer.Line($"public static int NumKeyValueHeads => {attention.NumKeyValueHeads};");
            writer.Line();
            writer.Line($"public static int KeyDim => {attention.HeadDim};");
            writer.Line();
            writer.Line($"public static int ValueDim => {attention.HeadDim};");
            writer.Line();
            writer.Line($"public static float Scale => {Words.Float(1 / System.Math.Sqrt(attention.HeadDim))};");
            if (attention.SlidingWindow is { } window)
            {
                writer.Line();
                writer.Line($"public static int SlidingWindow => {window};");
            }

            writer.Close();
            writer.Line();
        }
    }
}

/// <inheritdoc cref="Feature{TInfo}"/>
internal sealed record KernelsInfo(ModelName Model, EquatableArray<MatrixShape> Matrices, EquatableArray<AttentionShape> Attentions)
    : FeatureInfo(Model);

/// <summary>A matrix that some layer multiplies by. Immutable, value-equal; adding a member must keep both.</summary>
internal sealed record MatrixShape(string TypeName, string Description, int Rows, int Columns)
{
    /// <summary>The shapes of a model; layers of every kind share those of the attention's projections.</summary>
    public static IEnumerable<MatrixShape> Of(ModelSpec spec)
    {
        AttentionSpec attention = spec.Kinds[0].Attention;
        int hidden = spec.HiddenSize;
        yield return new("VocabShape", "Embedding and head", spec.VocabSize, hidden);
        yield return new("QueryShape", "Queries of all heads", attention.QueryWidth, hidden);
        yield return new("KeyValueShape", "Keys, or values, of all heads", attention.KeyValueWidth, hidden);
        yield return new("AttentionOutputShape", "From all heads back to the residual stream", hidden, attention.QueryWidth);
        yield return new("RouterShape", "A score for each expert", spec.Sparse.NumExperts, hidden);
        yield return new("ExpertUpShape", "Gate, or up, of an expert", spec.Sparse.IntermediateSize, hidden);
        yield return new("ExpertDownShape", "Down of an expert", hidden, spec.Sparse.IntermediateSize);
        DenseSpec? dense = spec.Kinds.Select(kind => kind.FeedForward).OfType<DenseSpec>().FirstOrDefault();
        if (dense is not null)
        {
            yield return new("DenseUpShape", "Gate, or up, of a dense layer", dense.IntermediateSize, hidden);
            yield return new("DenseDownShape", "Down of a dense layer", hidden, dense.IntermediateSize);
        }
    }
}

/// <summary>Attention as kernels see it. Immutable, value-equal; adding a member must keep both.</summary>
internal sealed record AttentionShape(string TypeName, AttentionSpec Attention)
{
    public static AttentionShape Of(ModelSpec spec, LayerKindSpec kind)
    {
        bool isMixed = spec.Kinds.Select(other => other.Attention.SlidingWindow).Distinct().Count() > 1;
        return new(isMixed && kind.Attention.SlidingWindow is not null ? "SlidingAttentionShape" : "AttentionShape", kind.Attention);
    }
}
