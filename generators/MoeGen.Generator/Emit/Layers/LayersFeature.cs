using System.Linq;
using MoeGen.Generator.Emit.Kernels;
using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Emit.Layers;

/// <summary>One class for each distinct kind of layer: its weights, and its forward pass from top to bottom.</summary>
internal sealed partial class LayersFeature : Feature<LayersInfo>
{
    public override string Name => "Layers";

    public override LayersInfo GetInfo(ModelDeclaration model)
    {
        ModelSpec spec = model.Spec;
        SpecSizes sizes = new(spec);
        return new LayersInfo(
            model.Name, spec.HiddenSize, spec.NormEpsilon, spec.WeightFormat, spec.Tensors,
            new EquatableArray<LayerInfo>(spec.Kinds.Select((kind, index) => new LayerInfo(
                kind.Name,
                Words.Layers(spec.LayerKinds.Count(layer => layer == index), spec.NumLayers),
                kind.Attention,
                AttentionShape.Of(spec, kind).TypeName,
                kind.FeedForward.IntermediateSize,
                (kind.FeedForward as SparseSpec)?.NumExperts,
                (kind.FeedForward as SparseSpec)?.TopK,
                sizes.LayerOutsideExperts(kind).Bytes,
                sizes.Expert.Bytes))));
    }

    protected override void Write(CodeWriter writer, LayersInfo info)
    {
        writer.PartsNamespace(
            info.Model, "MoeGen.Engine", "MoeGen.Experts", "MoeGen.Kernels", "MoeGen.Weights", $"Expert = {info.Model.GlobalName}.Expert");
        if (info.HasBaseClass)
        {
            WriteBaseClass(writer, info);
        }

        foreach (LayerInfo layer in info.Layers)
        {
            WriteLayer(writer, info, layer);
        }
    }

    private static void WriteBaseClass(CodeWriter writer, LayersInfo info)
    {
        string kinds = string.Join(", ", info.Layers.Select(layer => layer.Name).ToArray());
        writer.Summary($"A layer of one of the kinds {kinds}.");
        writer.Attributes();
        writer.Open("public abstract class Layer");
        writer.Line("private protected Layer(int index) => Index = index;");
        writer.Line();
        writer.Summary("0-based place among the layers.");
        writer.Line("public int Index { get; }");
        writer.Line();
        writer.Line("internal abstract void Forward(Pass pass, Worker worker);");
        writer.Close();
        writer.Line();
    }

    private static void WriteLayer(CodeWriter writer, LayersInfo info, LayerInfo layer)
    {
        LayerField[] fields = LayerField.Of(info, layer).ToArray();
        string list = ExpertListType(info);
        writer.Summary(Describe(info, layer));
        writer.Attributes();
        writer.Open($"public sealed class {layer.Name}{(info.HasBaseClass ? " : Layer" : "")}");
        foreach (LayerField field in fields)
        {
            writer.Line($"private readonly {field.Type} {field.Name}; // {field.Shape} {field.Tensor}");
        }

        writer.Line("private readonly Rope _rope;");
        if (layer.IsSparse)
        {
            writer.Line("private readonly Router _router;");
        }

        writer.Line();
        writer.Line($"internal {layer.Name}(WeightStore weights, Rope rope, int index)");
        if (info.HasBaseClass)
        {
            writer.Line("    : base(index)");
        }

        writer.Open();
        foreach (LayerField field in fields)
        {
            writer.Line($"{field.Name} = {field.Load};");
        }

        writer.Line("_rope = rope;");
        if (layer.IsSparse)
        {
            writer.Line("_router = new Router(weights, index);");
            writer.Line($"Experts = weights.Experts<{list}>(index);");
        }

        if (!info.HasBaseClass)
        {
            writer.Line("Index = index;");
        }

        writer.Close();
        if (!info.HasBaseClass)
        {
            writer.Line();
            writer.Summary("0-based place among the layers.");
            writer.Line("public int Index { get; }");
        }

        if (layer.IsSparse)
        {
            writer.Line();
            writer.Summary($"The {layer.NumExperts} routed experts.");
            writer.Line($"public ExpertList<{list}> Experts {{ get; }}");
        }

        writer.Line();
        writer.Open($"internal {(info.HasBaseClass ? "override " : "")}void Forward(Pass pass, Worker worker)");
        writer.Line("int tokens = pass.NumTokens, position = pass.FirstPosition;");
        writer.Line();
        WriteAttention(writer, info, layer);
        WriteFeedForward(writer, info, layer);
        writer.Close();
        writer.Close();
        writer.Line();
    }

    private static string Describe(LayersInfo info, LayerInfo layer)
    {
        AttentionSpec attention = layer.Attention;
        string window = attention.SlidingWindow is { } positions ? $" seeing {positions} positions" : "";
        string heads =
            $"attention of {attention.NumHeads} query heads over {attention.NumKeyValueHeads} key/value heads "
            + $"of {attention.HeadDim}{window}";
        string format = info.Format.ProseName();
        return layer.IsSparse
            ? $"Sparse layer ({layer.Count}): {heads}, then top-{layer.TopK} of {layer.NumExperts} experts, hidden {info.HiddenSize}, "
                + $"expert intermediate {layer.IntermediateSize}, SwiGLU; weights {Words.Bytes(layer.DenseBytes)} and "
                + $"{Words.Bytes(layer.ExpertBytes)} for each expert in {format}."
            : $"Dense layer ({layer.Count}): {heads}, then SwiGLU, hidden {info.HiddenSize}, intermediate {layer.IntermediateSize}; "
                + $"weights {Words.Bytes(layer.DenseBytes)} in {format}.";
    }

    private static string ExpertListType(LayersInfo info) => $"Expert, ExpertUpShape, ExpertDownShape, {info.Format.TypeName()}";
}

/// <inheritdoc cref="Feature{TInfo}"/>
internal sealed record LayersInfo(
    ModelName Model, int HiddenSize, double NormEpsilon, WeightFormat Format, TensorNames Tensors, EquatableArray<LayerInfo> Layers)
    : FeatureInfo(Model)
{
    /// <summary>Layers of several kinds need a common type to stand in one list.</summary>
    public bool HasBaseClass => Layers.Count > 1;
}

/// <summary>A kind of layer as its class shows it. Immutable, value-equal; adding a member must keep both.</summary>
/// <param name="Name">Class name.</param>
/// <param name="Count">How many of the model's layers are of this kind, in words.</param>
/// <param name="Attention">Attention of the layer.</param>
/// <param name="AttentionShape">Type that holds its numbers.</param>
/// <param name="IntermediateSize">Elements between gate/up and down, of an expert or of the dense layer.</param>
/// <param name="NumExperts">Routed experts; null: a dense layer.</param>
/// <param name="TopK">Experts chosen per token; null: a dense layer.</param>
/// <param name="DenseBytes">Weights outside the experts.</param>
/// <param name="ExpertBytes">Weights of one expert.</param>
internal sealed record LayerInfo(
    string Name, string Count, AttentionSpec Attention, string AttentionShape, int IntermediateSize, int? NumExperts, int? TopK,
    long DenseBytes, long ExpertBytes)
{
    public bool IsSparse => NumExperts is not null;
}
