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
        SpecSizes sizes = new(model.Spec);
        LayersInfo[] stacks = [.. model.Spec.Stacks.Select(stack => GetInfo(model, stack, sizes))];
        return stacks.Length == 1 ? stacks[0] : stacks[1] with { Encoder = stacks[0] };
    }

    private static LayersInfo GetInfo(ModelDeclaration model, ModelSpec spec, SpecSizes sizes) =>
        new(
            model.Name, spec.Norm, spec.WeightFormat, WeightField.Of(model.Name, spec, ModelPart.Layer),
            new EquatableArray<LayerInfo>(spec.Kinds.Select((kind, index) => new LayerInfo(
                kind.Name,
                AttentionClass.Of(spec, kind).Name,
                (kind.FeedForward as SparseSpec)?.NumExperts,
                Describe(spec, sizes, kind, Words.Layers(spec.LayerKinds.Count(layer => layer == index), spec.NumLayers))))))
        {
            Stack = spec.StackName,
            HasRelativeBias = spec.Attention is GroupedQuerySpec { RelativeBias: not null },
            HasCrossAttention = spec.Kinds[0].CrossAttention is not null,
        };

    protected override void Write(CodeWriter writer, LayersInfo info)
    {
        writer.PartsNamespace(
            info.Model, "MoeGen.Engine", "MoeGen.Experts", "MoeGen.Kernels", "MoeGen.Weights", $"Expert = {info.Model.GlobalName}.Expert");
        foreach (LayersInfo stack in info.Encoder is null ? [info] : new[] { info.Encoder, info })
        {
            if (stack.HasBaseClass)
            {
                WriteBaseClass(writer, stack);
            }

            foreach (LayerInfo layer in stack.Layers)
            {
                WriteLayer(writer, stack, layer);
            }
        }
    }

    private static void WriteBaseClass(CodeWriter writer, LayersInfo info)
    {
        string kinds = string.Join(", ", info.Layers.Select(layer => layer.Name).ToArray());
        writer.Summary($"A layer of one of the kinds {kinds}.");
        writer.Attributes();
        writer.Open($"{info.Access} abstract class {info.Stack}Layer");
        writer.Line($"private protected {info.Stack}Layer(int index) => Index = index;");
        writer.Line();
        writer.Summary(IndexSummary(info));
        writer.Line("public int Index { get; }");
        writer.Line();
        writer.Line("internal abstract void Forward(Pass pass, Worker worker);");
        if (info.HasCrossAttention)
        {
            writer.Line();
            writer.Line("internal abstract void ReadInput(Pass pass, Worker worker);");
        }

        writer.Close();
        writer.Line();
    }

    private static void WriteLayer(CodeWriter writer, LayersInfo info, LayerInfo layer)
    {
        string feedForward =
            (info.Stack == "Encoder" ? info.Stack : "") + (layer.IsSparse ? "SparseFeedForward" : "DenseFeedForward");
        string overriding = info.HasBaseClass ? "override " : "";
        writer.Summary(layer.Summary);
        writer.Attributes();
        writer.Open($"{info.Access} sealed class {layer.Name}{(info.HasBaseClass ? $" : {info.Stack}Layer" : "")}");
        WeightField.Declare(writer, info.Fields);
        writer.Line($"private readonly {layer.Attention} _attention;");
        if (info.HasCrossAttention)
        {
            writer.Line("private readonly CrossAttention _crossAttention;");
        }

        writer.Line($"private readonly {feedForward} _feedForward;");
        writer.Line();
        (string positions, string argument) = info.HasRelativeBias ? ("RelativeBias bias", "bias") : ("Rope rope", "rope");
        writer.Line($"internal {layer.Name}(WeightStore weights, {positions}, int index)");
        if (info.HasBaseClass)
        {
            writer.Line("    : base(index)");
        }

        writer.Open();
        WeightField.Assign(writer, info.Fields);
        writer.Line($"_attention = new {layer.Attention}(weights, {argument}, index);");
        if (info.HasCrossAttention)
        {
            writer.Line("_crossAttention = new CrossAttention(weights, index);");
        }

        writer.Line($"_feedForward = new {feedForward}(weights, index);");
        if (!info.HasBaseClass)
        {
            writer.Line("Index = index;");
        }

        writer.Close();
        if (!info.HasBaseClass)
        {
            writer.Line();
            writer.Summary(IndexSummary(info));
            writer.Line("public int Index { get; }");
        }

        if (layer.IsSparse)
        {
            writer.Line();
            writer.Summary($"The {layer.NumExperts} routed experts.");
            writer.Line($"public ExpertList<{FeedForwardFeature.ExpertTypes(info.Model, info.Format)}> Experts => _feedForward.Experts;");
        }

        writer.Line();
        if (info.HasCrossAttention)
        {
            writer.Line($"internal {overriding}void ReadInput(Pass pass, Worker worker) => _crossAttention.ReadInput(pass, worker);");
            writer.Line();
        }

        writer.Open($"internal {overriding}void Forward(Pass pass, Worker worker)");
        writer.Lines($"""
            {NormCall.Of(info.Norm, "pass.Hidden", "_attentionNorm", "pass.Normed", "pass.NumTokens")}
            worker.Sync();
            _attention.Forward(pass, worker);
            """);
        if (info.HasCrossAttention)
        {
            writer.Lines($"""
                {NormCall.Of(info.Norm, "pass.Hidden", "_crossAttentionNorm", "pass.Normed", "pass.NumTokens")}
                worker.Sync();
                _crossAttention.Forward(pass, worker);
                """);
        }

        writer.Lines($"""
            {NormCall.Of(info.Norm, "pass.Hidden", "_feedForwardNorm", "pass.Normed", "pass.NumTokens")}
            worker.Sync();
            _feedForward.Forward(pass, worker);
            """);
        writer.Close();
        writer.Close();
        writer.Line();
    }

    private static string IndexSummary(LayersInfo info) =>
        $"0-based place among the {(info.Stack.Length == 0 ? "" : info.Stack.ToLowerInvariant() + "'s ")}layers.";

    private static string Describe(ModelSpec spec, SpecSizes sizes, LayerKindSpec kind, string count)
    {
        string attention = AttentionClass.Of(spec, kind).Description;
        attention += kind.CrossAttention is null ? "" : ", then to the encoder's output";
        string stack = spec.StackName.Length == 0 ? "layer" : spec.StackName.ToLowerInvariant() + " layer";
        string dense = Words.Bytes(sizes.LayerOutsideExperts(spec, kind).Bytes), format = spec.WeightFormat.ProseName();
        FeedForwardSpec part = kind.FeedForward;
        string network = $"hidden {spec.HiddenSize}, {(part is SparseSpec ? "expert " : "")}intermediate {part.IntermediateSize}";
        return part is SparseSpec sparse
            ? $"Sparse {stack} ({count}): {attention}, then top-{sparse.TopK} of {sparse.NumExperts} experts, {network}, "
                + $"{part.Activation.ProseName}; weights {dense} and {Words.Bytes(sizes.Expert.Bytes)} for each expert in {format}."
            : $"Dense {stack} ({count}): {attention}, then {part.Activation.ProseName}, {network}; weights {dense} in {format}.";
    }
}

/// <inheritdoc cref="Feature{TInfo}"/>
internal sealed record LayersInfo(
    ModelName Model, NormSpec Norm, WeightFormat Format, EquatableArray<WeightField> Fields, EquatableArray<LayerInfo> Layers)
    : FeatureInfo(Model)
{
    /// <summary>The same of the encoder; null: there is none, or this is it.</summary>
    [LaterMember]
    public LayersInfo? Encoder { get; init; }

    /// <summary>The stack among those of a model with an encoder; empty: it is the only one.</summary>
    [LaterMember]
    public string Stack { get; init; } = "";

    [LaterMember]
    public bool HasRelativeBias { get; init; }

    [LaterMember]
    public bool HasCrossAttention { get; init; }

    /// <summary>Who may see the classes: users do not look into the GPU half.</summary>
    internal string Access => Model.IsGpu ? "internal" : "public";

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
