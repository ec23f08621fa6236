using System.Linq;
using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Emit.WeightMap;

/// <summary>The table of tensors: names in the checkpoint, shapes, and where each goes.</summary>
internal sealed class WeightMapFeature : Feature<WeightMapInfo>
{
    public override string Name => "WeightMap";

    public override WeightMapInfo GetInfo(ModelDeclaration model)
    {
        ModelSpec spec = model.Spec;
        return new WeightMapInfo(
            model.Name, spec.WeightFormat, spec.Sparse.NumExperts, new EquatableArray<WeightSpec>(WeightSpec.Of(spec)),
            new EquatableArray<int>(Enumerable.Range(0, spec.NumLayers)), spec.SparseLayers, spec.DenseLayers);
    }

    protected override void Write(CodeWriter writer, WeightMapInfo info)
    {
        writer.PartsNamespace(info.Model, "MoeGen.Kernels", "MoeGen.Weights", $"Expert = {info.Model.GlobalName}.Expert");
        writer.Summary("Which tensors of a checkpoint the model reads, the shape each must have, and where it goes.");
        writer.Attributes();
        writer.Open("internal static class WeightMap");
        foreach (WeightSpec weight in info.Weights)
        {
            writer.Line($"public const string {weight.Name} = \"{weight.Tensor}\";");
        }

        writer.Line();
        writer.Line($"private static readonly int[] s_allLayers = {Words.Collection(info.AllLayers)};");
        if (info.DenseLayers.Count > 0)
        {
            writer.Line($"private static readonly int[] s_sparseLayers = {Words.Collection(info.SparseLayers)};");
            writer.Line($"private static readonly int[] s_denseLayers = {Words.Collection(info.DenseLayers)};");
        }

        writer.Line();
        writer.Line("public static TensorDeclaration[] Tensors { get; } =");
        writer.Line("[");
        foreach (WeightSpec weight in info.Weights)
        {
            writer.Lines($"    {Declaration(info, weight)}, // {weight.Dimensions}");
        }

        writer.Line("];");
        writer.Close();
    }

    private static string Declaration(WeightMapInfo info, WeightSpec weight)
    {
        string declaration = weight.Shape is null
            ? $"TensorDeclaration.Vector({weight.Name}, {weight.Length})"
            : $"TensorDeclaration.Matrix<{weight.Shape.TypeName}, {info.Format.TypeName()}>({weight.Name})";
        string sparse = info.DenseLayers.Count > 0 ? "s_sparseLayers" : "s_allLayers";
        declaration += weight.Part switch
        {
            ModelPart.Layer or ModelPart.Attention => ".In(s_allLayers)",
            ModelPart.Router or ModelPart.SharedExpert => $".In({sparse})",
            ModelPart.DenseFeedForward => ".In(s_denseLayers)",
            ModelPart.Expert => $".InExperts({sparse}, Expert.{weight.Name.Substring("Expert".Length)}Offset)",
            _ => "",
        };
        return weight.Stack is { } stack ? declaration + Slice(info.NumExperts, stack) : declaration;
    }

    private static string Slice(int numExperts, StackSpec stack) =>
        $"\n        .FromStack({numExperts}, rows: {stack.Rows}"
        + (stack.FirstRow == 0 ? "" : $", firstRow: {stack.FirstRow}")
        + (stack.RowStep == 1 ? "" : $", rowStep: {stack.RowStep}")
        + (stack.IsTransposed ? ", isTransposed: true)" : ")");
}

/// <inheritdoc cref="Feature{TInfo}"/>
internal sealed record WeightMapInfo(
    ModelName Model, WeightFormat Format, int NumExperts, EquatableArray<WeightSpec> Weights, EquatableArray<int> AllLayers,
    EquatableArray<int> SparseLayers, EquatableArray<int> DenseLayers)
    : FeatureInfo(Model);
