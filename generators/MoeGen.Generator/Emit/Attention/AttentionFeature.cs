using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Emit.Attention;

/// <summary>One class for each distinct attention: its weights, and its pass from the normed hidden state to the residual stream.</summary>
internal sealed partial class AttentionFeature : Feature<AttentionInfo>
{
    public override string Name => "Attention";

    public override AttentionInfo GetInfo(ModelDeclaration model)
    {
        ModelSpec spec = model.Spec;
        return new AttentionInfo(
            model.Name, spec.Norm.Epsilon, spec.Multipliers.Residual, spec.WeightFormat,
            WeightField.Of(spec, ModelPart.Attention), new EquatableArray<AttentionClass>(AttentionClass.Of(spec)));
    }

    protected override void Write(CodeWriter writer, AttentionInfo info)
    {
        writer.PartsNamespace(info.Model, "MoeGen.Engine", "MoeGen.Kernels", "MoeGen.Weights");
        foreach (AttentionClass attention in info.Classes)
        {
            WriteClass(writer, info, attention);
        }
    }

    private static void WriteClass(CodeWriter writer, AttentionInfo info, AttentionClass attention)
    {
        string description = attention.Description;
        writer.Summary(char.ToUpperInvariant(description[0]) + description.Substring(1) + ".");
        writer.Attributes();
        writer.Open($"internal sealed class {attention.Name}");
        WeightField.Declare(writer, info.Fields);
        if (attention.Spec.HasRope)
        {
            writer.Line("private readonly Rope _rope;");
        }

        writer.Line("private readonly int _index;");
        writer.Line();
        writer.Open($"public {attention.Name}(WeightStore weights, Rope rope, int index)");
        WeightField.Assign(writer, info.Fields);
        if (attention.Spec.HasRope)
        {
            writer.Line("_rope = rope;");
        }

        writer.Line("_index = index;");
        writer.Close();
        writer.Line();
        writer.Summary("Adds to the residual stream what every token sees; the normed hidden state is ready, the sum at the end.");
        writer.Open("public void Forward(Pass pass, Worker worker)");
        writer.Line("int tokens = pass.NumTokens, position = pass.FirstPosition;");
        writer.Line();
        if (attention.Spec is LatentSpec latent)
        {
            WriteLatent(writer, info, attention, latent);
        }
        else
        {
            WriteGroupedQuery(writer, info, attention, (GroupedQuerySpec)attention.Spec);
        }

        writer.Close();
        writer.Close();
        writer.Line();
    }

    private static void WriteOutput(CodeWriter writer, AttentionInfo info, bool hasBias)
    {
        string scale = info.ResidualScale == 1 ? "" : $", {Words.Float(info.ResidualScale)}";
        writer.Lines($"""
            MatMul.MultiplyAdd(_oProj, {(hasBias ? "_oBias, " : "")}pass.Attended, pass.Hidden, tokens, worker{scale});
            worker.Sync();
            """);
    }
}

/// <inheritdoc cref="Feature{TInfo}"/>
internal sealed record AttentionInfo(
    ModelName Model, double NormEpsilon, double ResidualScale, WeightFormat Format, EquatableArray<WeightField> Fields,
    EquatableArray<AttentionClass> Classes)
    : FeatureInfo(Model);
