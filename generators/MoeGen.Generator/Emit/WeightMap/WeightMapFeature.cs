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
            new EquatableArray<int>(Enumerable.Range(0, spec.NumLayers)), spec.SparseLayers, spec.DenseLayers)
        {
            Encoder = spec.Stacks.Where(stack => stack.IsEncoder).Select(stack => new EncoderLayersInfo(
                new EquatableArray<int>(Enumerable.Range(0, stack.NumLayers)), stack.SparseLayers, stack.DenseLayers)).FirstOrDefault(),
        };
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
            WriteLayers(writer, "s_sparseLayers", info.SparseLayers);
            writer.Line($"private static readonly int[] s_denseLayers = {Words.Collection(info.DenseLayers)};");
        }

        if (info.Encoder is { } encoder)
        {
            writer.Line($"private static readonly int[] s_encoderLayers = {Words.Collection(encoder.AllLayers)};");
            WriteLayers(writer, "s_sparseEncoderLayers", encoder.SparseLayers);
            WriteLayers(writer, "s_denseEncoderLayers", encoder.DenseLayers);
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

    // a stack may be all dense, and a field that nothing reads would be a warning
    private static void WriteLayers(CodeWriter writer, string name, EquatableArray<int> layers)
    {
        if (layers.Count > 0)
        {
            writer.Line($"private static readonly int[] {name} = {Words.Collection(layers)};");
        }
    }

    private static string Declaration(WeightMapInfo info, WeightSpec weight)
    {
        string declaration = weight.Shape is null
            ? $"TensorDeclaration.Vector({weight.Name}, {weight.Length})"
            : $"TensorDeclaration.Matrix<{weight.Shape.TypeName}, {weight.FormatIn(info.Format).TypeName()}>({weight.Name})";
        string all = weight.IsInEncoder ? "s_encoderLayers" : "s_allLayers";
        string dense = weight.IsInEncoder ? "s_denseEncoderLayers" : "s_denseLayers";
        string sparse = weight.IsInEncoder ? "s_sparseEncoderLayers" : info.DenseLayers.Count > 0 ? "s_sparseLayers" : "s_allLayers";
        declaration += weight.Part switch
        {
            ModelPart.Layer or ModelPart.Attention or ModelPart.CrossAttention => $".In({all})",
            ModelPart.Router or ModelPart.SharedExpert => $".In({sparse})",
            ModelPart.DenseFeedForward => $".In({dense})",
            ModelPart.Expert => $"{NewLine(info)}.InExperts({sparse}, Expert.{Member(weight)}Offset{FirstLayer(info, weight)})",
            _ => "",
        };
        return weight.Stack is { } stack ? declaration + Slice(info.NumExperts, stack) : declaration;
    }

    private static string Member(WeightSpec weight) => weight.Name.Substring((weight.IsInEncoder ? "EncoderExpert" : "Expert").Length);

    // the longer names of two stacks leave no room on the line
    private static string NewLine(WeightMapInfo info) => info.Encoder is null ? "" : "\n        ";

    // the experts of an encoder's layers come first
    private static string FirstLayer(WeightMapInfo info, WeightSpec weight) =>
        info.Encoder is { } encoder && !weight.IsInEncoder ? $", firstLayer: {encoder.AllLayers.Count}" : "";

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
    : FeatureInfo(Model)
{
    /// <summary>The encoder's layers; null: there is no encoder.</summary>
    [LaterMember]
    public EncoderLayersInfo? Encoder { get; init; }
}

/// <summary>Which layers an encoder has. Immutable, value-equal; adding a member must keep both.</summary>
internal sealed record EncoderLayersInfo(
    EquatableArray<int> AllLayers, EquatableArray<int> SparseLayers, EquatableArray<int> DenseLayers);
