using System.Collections.Generic;
using System.Linq;
using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Emit.Attention;

/// <summary>One class for each distinct attention: its weights, and its pass from the normed hidden state to the residual stream.</summary>
internal sealed partial class AttentionFeature : Feature<AttentionInfo>
{
    public override string Name => "Attention";

    public override AttentionInfo GetInfo(ModelDeclaration model)
    {
        AttentionInfo[] stacks = [.. model.Spec.Stacks.Select(
            stack => GetInfo(model, WeightField.Of(model.Name, stack, ModelPart.Attention), AttentionClass.Of(stack)))];
        return stacks.Length == 1 ? stacks[0] : stacks[1] with
        {
            Encoder = stacks[0],
            Cross = GetInfo(
                model, WeightField.Of(model.Name, model.Spec, ModelPart.CrossAttention, "Cross"),
                [AttentionClass.OfCross(model.Spec.Kinds[0].CrossAttention!)]),
        };
    }

    private static AttentionInfo GetInfo(ModelDeclaration model, EquatableArray<WeightField> fields, IEnumerable<AttentionClass> classes) =>
        new(
            model.Name, model.Spec.Norm.Epsilon, model.Spec.Multipliers.Residual, model.Spec.FloatFormat ?? model.Spec.WeightFormat, fields,
            new EquatableArray<AttentionClass>(classes))
        {
            IsQuantized = model.Spec.WeightFormat.IsQuantized() && !model.Name.IsGpu,
        };

    protected override void Write(CodeWriter writer, AttentionInfo info)
    {
        writer.PartsNamespace(info.Model, "MoeGen.Engine", "MoeGen.Kernels", "MoeGen.Weights");
        foreach (AttentionInfo stack in info.Encoder is null ? [info] : new[] { info.Encoder, info })
        {
            foreach (AttentionClass attention in stack.Classes)
            {
                WriteClass(writer, stack, attention);
            }
        }

        if (info.Cross is { } cross)
        {
            WriteCross(writer, cross, cross.Classes[0]);
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

        bool isRelative = attention.Spec is GroupedQuerySpec { RelativeBias: not null };
        if (isRelative)
        {
            writer.Line("private readonly RelativeBias _bias;");
        }

        if (!attention.Spec.SeesAll)
        {
            writer.Line("private readonly int _index;");
        }

        writer.Line();
        writer.Open($"public {attention.Name}(WeightStore weights, {(isRelative ? "RelativeBias bias" : "Rope rope")}, int index)");
        WeightField.Assign(writer, info.Fields);
        if (attention.Spec.HasRope)
        {
            writer.Line("_rope = rope;");
        }

        if (isRelative)
        {
            writer.Line("_bias = bias;");
        }

        if (!attention.Spec.SeesAll)
        {
            writer.Line("_index = index;");
        }

        writer.Close();
        writer.Line();
        writer.Summary("Adds to the residual stream what every token sees; the normed hidden state is ready, the sum at the end.");
        writer.Open("public void Forward(Pass pass, Worker worker)");
        writer.Line("int tokens = pass.NumTokens;");
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

    private static void WriteOutput(CodeWriter writer, AttentionInfo info, AttentionSpec attention, bool hasBias)
    {
        // otherwise whoever wrote a head has quantised it
        if (info.IsQuantized && attention.OutputDim % MatrixLayout.ColumnPadding != 0)
        {
            writer.Line("Elementwise.Quantize(pass.Attended, tokens, worker);");
            writer.Line("worker.Sync();");
        }

        string scale = info.ResidualScale == 1 ? "" : $", {Words.Float(info.ResidualScale)}";
        writer.Lines($"""
            MatMul.MultiplyAdd(_oProj, {(hasBias ? "_oBias, " : "")}pass.Attended, pass.Hidden, tokens, worker{scale});
            worker.Sync();
            """);
    }
}

/// <inheritdoc cref="Feature{TInfo}"/>
/// <param name="Format">Format of what is never quantised.</param>
internal sealed record AttentionInfo(
    ModelName Model, double NormEpsilon, double ResidualScale, WeightFormat Format, EquatableArray<WeightField> Fields,
    EquatableArray<AttentionClass> Classes)
    : FeatureInfo(Model)
{
    /// <summary>Whether the output projection is quantised, and what it reads.</summary>
    [LaterMember]
    public bool IsQuantized { get; init; }

    /// <summary>The same of the encoder; null: there is none.</summary>
    [LaterMember]
    public AttentionInfo? Encoder { get; init; }

    /// <summary>The same of the attention to the encoder's output; null: there is none.</summary>
    [LaterMember]
    public AttentionInfo? Cross { get; init; }
}
