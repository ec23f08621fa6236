using System.Linq;
using MoeGen.Generator.Emit.Attention;
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
            new EquatableArray<AttentionClass>(
                model.Spec.Stacks.SelectMany(AttentionClass.Of).Concat(Cross(model.Spec.Kinds[0]))),
            model.Spec.Sparse.Activation.Limit);

    private static AttentionClass[] Cross(LayerKindSpec kind) =>
        kind.CrossAttention is { } cross ? [AttentionClass.OfCross(cross)] : [];

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

        foreach (AttentionClass attention in info.Attentions)
        {
            WriteAttention(writer, attention);
        }

        if (info.Attentions[0].Spec is LatentSpec latent)
        {
            WriteLatentAttention(writer, latent);
        }

        if (info.SwiGluLimit is { } limit)
        {
            writer.Summary("Bound of gate and up in the clamped SwiGLU.");
            writer.Attributes();
            writer.Open("internal readonly struct SwiGluLimit : ISwiGluLimit");
            writer.Line($"public static float Limit => {Words.Float(limit)};");
            writer.Close();
        }
    }

    private static void WriteAttention(CodeWriter writer, AttentionClass attention)
    {
        AttentionSpec spec = attention.Spec;
        string description = attention.Description;
        writer.Summary(char.ToUpperInvariant(description[0]) + description.Substring(1) + ".");
        writer.Attributes();
        writer.Open($"internal readonly struct {attention.Shape} : IAttentionShape");
        writer.Line($"public static int NumHeads => {spec.NumHeads};");
        writer.Line();
        writer.Line($"public static int NumKeyValueHeads => {spec.NumKeyHeads};");
        writer.Line();
        writer.Line($"public static int KeyDim => {spec.KeyDim};");
        writer.Line();
        writer.Line($"public static int ValueDim => {spec.ValueDim};");
        writer.Line();
        writer.Line($"public static float Scale => {Words.Float(spec.Scale)};");
        if (spec.SlidingWindow is { } window)
        {
            writer.Line();
            writer.Line($"public static int SlidingWindow => {window};");
        }

        if (spec.ChunkSize is { } chunk)
        {
            writer.Line();
            writer.Line($"public static int ChunkSize => {chunk};");
        }

        if (spec is LatentSpec)
        {
            writer.Line();
            writer.Line("public static bool ValuesAreKeys => true;");
        }

        writer.Close();
        writer.Line();
    }

    private static void WriteLatentAttention(CodeWriter writer, LatentSpec latent)
    {
        writer.Summary("Heads of the latent attention before they meet the latent.");
        writer.Attributes();
        writer.Open("internal readonly struct LatentAttentionShape : ILatentShape");
        (string Name, int Value)[] members =
        [
            ("NumHeads", latent.NumHeads), ("NopeDim", latent.NopeDim), ("RopeDim", latent.RopeDim), ("ValueDim", latent.HeadValueDim),
            ("KvLoraRank", latent.LatentRank),
        ];
        for (int i = 0; i < members.Length; i++)
        {
            if (i > 0)
            {
                writer.Line();
            }

            writer.Line($"public static int {members[i].Name} => {members[i].Value};");
        }

        writer.Close();
        writer.Line();
    }
}

/// <inheritdoc cref="Feature{TInfo}"/>
internal sealed record KernelsInfo(
    ModelName Model, EquatableArray<MatrixShape> Matrices, EquatableArray<AttentionClass> Attentions, double? SwiGluLimit)
    : FeatureInfo(Model);
