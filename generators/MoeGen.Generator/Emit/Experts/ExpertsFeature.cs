using System.Collections.Generic;
using System.Linq;
using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Emit.Experts;

/// <summary>The type of an expert: constant offsets of its matrices and biases inside one blob.</summary>
internal sealed class ExpertsFeature : Feature<ExpertsInfo>
{
    public override string Name => "Experts";

    public override ExpertsInfo GetInfo(ModelDeclaration model)
    {
        ModelSpec spec = model.Spec;
        return new ExpertsInfo(
            model.Name, spec.HiddenSize, spec.Sparse.IntermediateSize, spec.Sparse.Activation, spec.WeightFormat,
            new EquatableArray<WeightSpec>(Weights(spec)));
    }

    // experts of all stacks are alike but for the names of their tensors
    private static IEnumerable<WeightSpec> Weights(ModelSpec spec) =>
        spec.Stacks
            .SelectMany(stack => WeightSpec.Of(stack, ModelPart.Expert)
                .Select(weight => weight with { Name = weight.Name.Substring(stack.Prefix.Length), IsInEncoder = false }))
            .GroupBy(weight => weight.Name)
            .Select(same => same.First() with { Tensor = string.Join(" or ", same.Select(weight => weight.Tensor).ToArray()) });

    protected override void Write(CodeWriter writer, ExpertsInfo info)
    {
        string format = $"global::MoeGen.Kernels.{info.Format.TypeName()}";
        string up = $"global::{info.Model.PartsNamespace}.ExpertUpShape", down = $"global::{info.Model.PartsNamespace}.ExpertDownShape";
        string[] parts = [.. info.Weights.Select(weight => Member(weight))];
        writer.UserNamespace(info.Model);
        writer.Open($"partial class {info.Model.ClassName}");
        writer.Summary(
            $"One routed expert: {info.Activation.ProseName} {info.HiddenSize} -> {info.IntermediateSize} -> {info.HiddenSize}, "
            + $"{Words.Bytes(info.SizeInBytes)} in {info.Format.ProseName()}. "
            + $"A view of a slot of expert memory: {string.Join(", ", parts)}, one behind the other.");
        writer.GlobalAttributes();
        writer.Open($"""
            public readonly struct Expert : global::MoeGen.Experts.{(info.Activation.IsUngated ? "IExpert" : "IGatedExpert")}<
                Expert, {up}, {down}, {format}>
            """);
        writer.Summary($"Elements between {(info.Activation.IsUngated ? "up" : "gate/up")} and down.");
        writer.Line($"public const int IntermediateSize = {info.IntermediateSize};");
        writer.Line();
        writer.Summary("Bytes of an expert.");
        writer.Line($"public const long SizeInBytes = {info.SizeInBytes};");
        writer.Line();
        long offset = 0;
        foreach (WeightSpec weight in info.Weights)
        {
            writer.Line($"internal const long {Member(weight)}Offset = {offset};");
            offset += WeightSize.Of(weight, info.Format).Bytes;
        }

        writer.Line();
        writer.Line("private readonly global::MoeGen.Experts.ExpertSlot _slot;");
        writer.Line();
        writer.Line("private Expert(global::MoeGen.Experts.ExpertSlot slot) => _slot = slot;");
        writer.Line();
        foreach (WeightSpec weight in info.Weights)
        {
            WriteMember(writer, weight, weight.Shape is { TypeName: "ExpertDownShape" } ? $"<{down}, {format}>" : $"<{up}, {format}>");
        }

        writer.Summary("Views the expert in a slot.");
        writer.Line("public static Expert At(global::MoeGen.Experts.ExpertSlot slot) => new(slot);");
        writer.Close();
        writer.Close();
    }

    private static void WriteMember(CodeWriter writer, WeightSpec weight, string types)
    {
        string name = Member(weight);
        if (weight.Shape is not null)
        {
            writer.Summary($"{weight.Dimensions}, {weight.Tensor}.");
            writer.Line($"public global::MoeGen.Kernels.Matrix{types} {name} =>");
            writer.Line($"    _slot.Matrix{types}({name}Offset);");
        }
        else
        {
            writer.Summary($"{weight.Dimensions}, {weight.Tensor}, of the expert in a slot.");
            writer.Line($"public static global::MoeGen.Kernels.WeightVector {name}(global::MoeGen.Experts.ExpertSlot slot) =>");
            writer.Line($"    slot.Vector({name}Offset, {weight.Length});");
        }

        writer.Line();
    }

    // the class says already that they are the expert's
    private static string Member(WeightSpec weight) => weight.Name.Substring("Expert".Length);
}

/// <inheritdoc cref="Feature{TInfo}"/>
internal sealed record ExpertsInfo(
    ModelName Model, int HiddenSize, int IntermediateSize, ActivationSpec Activation, WeightFormat Format,
    EquatableArray<WeightSpec> Weights)
    : FeatureInfo(Model)
{
    public long SizeInBytes => Weights.Sum(weight => WeightSize.Of(weight, Format).Bytes);
}
