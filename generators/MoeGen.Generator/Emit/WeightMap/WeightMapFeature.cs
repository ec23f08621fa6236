using System.Linq;
using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Emit.WeightMap;

/// <summary>The table of tensors: names in the checkpoint, shapes, and where each goes.</summary>
internal sealed class WeightMapFeature : Feature<WeightMapInfo>
{
    public override string Name => "WeightMap";

    public override WeightMapInfo GetInfo(ModelDeclaration model) =>
        new(
            model.Name,
            new EquatableArray<WeightEntry>(WeightEntry.Of(model.Spec)),
            new EquatableArray<int>(Enumerable.Range(0, model.Spec.NumLayers)),
            LayersWith<SparseSpec>(model.Spec),
            LayersWith<DenseSpec>(model.Spec));

    protected override void Write(CodeWriter writer, WeightMapInfo info)
    {
        writer.PartsNamespace(info.Model, "MoeGen.Kernels", "MoeGen.Weights", $"Expert = {info.Model.GlobalName}.Expert");
        writer.Summary("Which tensors of a checkpoint the model reads, the shape each must have, and where it goes.");
        writer.Attributes();
        writer.Open("internal static class WeightMap");
        foreach (WeightEntry entry in info.Entries)
        {
            writer.Line($"public const string {entry.Constant} = \"{entry.Tensor}\";");
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
        foreach (WeightEntry entry in info.Entries)
        {
            writer.Line($"    {Declaration(info, entry)}, // {entry.Shape}");
        }

        writer.Line("];");
        writer.Close();
    }

    private static EquatableArray<int> LayersWith<TFeedForward>(ModelSpec spec)
        where TFeedForward : FeedForwardSpec =>
        new(Enumerable.Range(0, spec.NumLayers).Where(layer => spec.KindOf(layer).FeedForward is TFeedForward));

    private static string Declaration(WeightMapInfo info, WeightEntry entry)
    {
        string declaration = entry.ShapeType is null
            ? $"TensorDeclaration.Vector({entry.Constant}, {entry.Length})"
            : $"TensorDeclaration.Matrix<{entry.ShapeType}>({entry.Constant})";
        string sparse = info.DenseLayers.Count > 0 ? "s_sparseLayers" : "s_allLayers";
        return entry.Scope switch
        {
            WeightScope.AllLayers => $"{declaration}.In(s_allLayers)",
            WeightScope.SparseLayers => $"{declaration}.In({sparse})",
            WeightScope.DenseLayers => $"{declaration}.In(s_denseLayers)",
            WeightScope.Experts => $"{declaration}.InExperts({sparse}, Expert.{entry.Constant.Substring("Expert".Length)}Offset)",
            _ => declaration,
        };
    }
}

/// <inheritdoc cref="Feature{TInfo}"/>
internal sealed record WeightMapInfo(
    ModelName Model, EquatableArray<WeightEntry> Entries, EquatableArray<int> AllLayers, EquatableArray<int> SparseLayers,
    EquatableArray<int> DenseLayers)
    : FeatureInfo(Model);
