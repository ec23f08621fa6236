using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Emit.Experts;

/// <summary>The type of an expert: constant offsets of its three matrices inside one blob.</summary>
internal sealed class ExpertsFeature : Feature<ExpertsInfo>
{
    public override string Name => "Experts";

    public override ExpertsInfo GetInfo(ModelDeclaration model)
    {
        ModelSpec spec = model.Spec;
        return new ExpertsInfo(model.Name, spec.HiddenSize, spec.Sparse.IntermediateSize, spec.WeightFormat, spec.Tensors);
    }

    protected override void Write(CodeWriter writer, ExpertsInfo info)
    {
        string format = $"global::MoeGen.Kernels.{info.Format.TypeName()}";
        string up = $"global::{info.Model.PartsNamespace}.ExpertUpShape", down = $"global::{info.Model.PartsNamespace}.ExpertDownShape";
        writer.UserNamespace(info.Model);
        writer.Open($"partial class {info.Model.ClassName}");
        writer.Summary(
            $"One routed expert: SwiGLU {info.HiddenSize} -> {info.IntermediateSize} -> {info.HiddenSize}, "
            + $"{Words.Bytes(info.SizeInBytes)} in {info.Format.ProseName()}. "
            + "A view of a slot of expert memory: gate_proj, up_proj and down_proj one behind the other.");
        writer.GlobalAttributes();
        writer.Open($"""
            public readonly struct Expert : global::MoeGen.Experts.IGatedExpert<
                Expert, {up}, {down}, {format}>
            """);
        writer.Summary("Elements between gate/up and down.");
        writer.Line($"public const int IntermediateSize = {info.IntermediateSize};");
        writer.Line();
        writer.Summary("Bytes of an expert.");
        writer.Line($"public const long SizeInBytes = {info.SizeInBytes};");
        writer.Line();
        writer.Line($"internal const long GateProjOffset = 0;");
        writer.Line($"internal const long UpProjOffset = {info.UpMatrixBytes};");
        writer.Line($"internal const long DownProjOffset = {2 * info.UpMatrixBytes};");
        writer.Line();
        writer.Line("private readonly global::MoeGen.Experts.ExpertSlot _slot;");
        writer.Line();
        writer.Line("private Expert(global::MoeGen.Experts.ExpertSlot slot) => _slot = slot;");
        writer.Line();
        string upTypes = $"<{up}, {format}>", downTypes = $"<{down}, {format}>";
        string upShape = $"[{info.IntermediateSize}, {info.HiddenSize}]", downShape = $"[{info.HiddenSize}, {info.IntermediateSize}]";
        WriteMatrix(writer, upTypes, "GateProj", upShape, info.Tensors.ExpertGateProj);
        WriteMatrix(writer, upTypes, "UpProj", upShape, info.Tensors.ExpertUpProj);
        WriteMatrix(writer, downTypes, "DownProj", downShape, info.Tensors.ExpertDownProj);
        writer.Summary("Views the expert in a slot.");
        writer.Line("public static Expert At(global::MoeGen.Experts.ExpertSlot slot) => new(slot);");
        writer.Close();
        writer.Close();
    }

    private static void WriteMatrix(CodeWriter writer, string types, string name, string shape, string tensor)
    {
        writer.Summary($"{shape}, {tensor}.");
        writer.Line($"public global::MoeGen.Kernels.Matrix{types} {name} =>");
        writer.Line($"    _slot.Matrix{types}({name}Offset);");
        writer.Line();
    }
}

/// <inheritdoc cref="Feature{TInfo}"/>
internal sealed record ExpertsInfo(ModelName Model, int HiddenSize, int IntermediateSize, WeightFormat Format, TensorNames Tensors)
    : FeatureInfo(Model)
{
    /// <summary>Bytes of gate_proj, and of up_proj.</summary>
    public long UpMatrixBytes => MatrixLayout.Bytes(IntermediateSize, HiddenSize, Format);

    public long SizeInBytes => (2 * UpMatrixBytes) + MatrixLayout.Bytes(HiddenSize, IntermediateSize, Format);
}
