using System.Linq;
using MoeGen.Generator.Emit.Attention;
using MoeGen.Generator.Emit.FeedForward;
using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Emit.Layers;

/// <summary>One class for each distinct kind of layer: attention and feed-forward part, each behind a norm.</summary>
internal sealed class LayersFeature : Feature<LayersInfo>
{
    public override string Name => "Layers";

    public override LayersInfo GetInfo(ModelDeclaration model)
    {
        ModelSpec spec = model.Spec;
        SpecSizes sizes = new(spec);
        return new LayersInfo(
            model.Name, spec.Norm, spec.WeightFormat, WeightField.Of(spec, ModelPart.Layer),
            new EquatableArray<LayerInfo>(spec.Kinds.Select((kind, index) => new LayerInfo(
                kind.Name,
                AttentionClass.Of(spec, kind).Name,
                (kind.FeedForward as SparseSpec)?.NumExperts,
                Describe(spec, sizes, kind, Words.Layers(spec.LayerKinds.Count(layer => layer == index), spec.NumLayers))))));
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
        string feedForward = layer.IsSparse ? "SparseFeedForward" : "DenseFeedForward";
        writer.Summary(layer.Summary);
        writer.Attributes();
        writer.Open($"public sealed class {layer.Name}{(info.HasBaseClass ? " : Layer" : "")}");
        WeightField.Declare(writer, info.Fields);
        writer.Line($"private readonly {layer.Attention} _attention;");
        writer.Line($"private readonly {feedForward} _feedForward;");
        writer.Line();
        writer.Line($"internal {layer.Name}(WeightStore weights, Rope rope, int index)");
        if (info.HasBaseClass)
        {
            writer.Line("    : base(index)");
        }

        writer.Open();
        WeightField.Assign(writer, info.Fields);
        writer.Line($"_attention = new {layer.Attention}(weights, rope, index);");
        writer.Line($"_feedForward = new {feedForward}(weights, index);");
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
            writer.Line($"public ExpertList<{FeedForwardFeature.ExpertTypes(info.Format)}> Experts => _feedForward.Experts;");
        }

        writer.Line();
        writer.Open($"internal {(info.HasBaseClass ? "override " : "")}void Forward(Pass pass, Worker worker)");
        writer.Lines($"""
            {NormCall.Of(info.Norm, "pass.Hidden", "_attentionNorm", "pass.Normed", "pass.NumTokens")}
            worker.Sync();
            _attention.Forward(pass, worker);
            {NormCall.Of(info.Norm, "pass.Hidden", "_feedForwardNorm", "pass.Normed", "pass.NumTokens")}
            worker.Sync();
            _feedForward.Forward(pass, worker);
            """);
        writer.Close();
        writer.Close();
        writer.Line();
    }

    private static string Describe(ModelSpec spec, SpecSizes sizes, LayerKindSpec kind, string count)
    {
        string attention = AttentionClass.Of(spec, kind).Description;
        string dense = Words.Bytes(sizes.LayerOutsideExperts(kind).Bytes), format = spec.WeightFormat.ProseName();
        FeedForwardSpec part = kind.FeedForward;
        string network = $"hidden {spec.HiddenSize}, {(part is SparseSpec ? "expert " : "")}intermediate {part.IntermediateSize}";
        return part is SparseSpec sparse
            ? $"Sparse layer ({count}): {attention}, then top-{sparse.TopK} of {sparse.NumExperts} experts, {network}, "
                + $"{part.Activation.ProseName}; weights {dense} and {Words.Bytes(sizes.Expert.Bytes)} for each expert in {format}."
            : $"Dense layer ({count}): {attention}, then {part.Activation.ProseName}, {network}; weights {dense} in {format}.";
    }
}

/// <inheritdoc cref="Feature{TInfo}"/>
internal sealed record LayersInfo(
    ModelName Model, NormSpec Norm, WeightFormat Format, EquatableArray<WeightField> Fields, EquatableArray<LayerInfo> Layers)
    : FeatureInfo(Model)
{
    /// <summary>Layers of several kinds need a common type to stand in one list.</summary>
    public bool HasBaseClass => Layers.Count > 1;
}

/// <summary>A kind of layer as its class shows it. Immutable, value-equal; adding a member must keep both.</summary>
/// <param name="Name">Class name.</param>
/// <param name="Attention">Class of its attention.</param>
/// <param name="NumExperts">Routed experts; null: a dense layer.</param>
/// <param name="Summary">What it is, in words.</param>
internal sealed record LayerInfo(string Name, string Attention, int? NumExperts, string Summary)
{
    public bool IsSparse => NumExperts is not null;
}
