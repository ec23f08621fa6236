using System.Linq;
using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Emit.FeedForward;

/// <summary>The part of a layer behind the attention: experts with their router, and dense networks where there are some.</summary>
internal sealed class FeedForwardFeature : Feature<FeedForwardInfo>
{
    public override string Name => "FeedForward";

    /// <summary>The type arguments of a list of experts.</summary>
    public static string ExpertTypes(ModelName model, WeightFormat format) =>
        model.IsGpu ? "Expert, ExpertUpMatrix, ExpertDownMatrix" : $"Expert, ExpertUpShape, ExpertDownShape, {format.TypeName()}";

    public override FeedForwardInfo GetInfo(ModelDeclaration model)
    {
        FeedForwardInfo[] stacks = [.. model.Spec.Stacks.Select(stack => GetInfo(model, stack))];
        return stacks.Length == 1 ? stacks[0] : stacks[1] with { Encoder = stacks[0] };
    }

    private static FeedForwardInfo GetInfo(ModelDeclaration model, ModelSpec stack) =>
        new(
            model.Name, stack.HiddenSize, stack.Multipliers.Residual, stack.WeightFormat, ExpertFacts.Of(model.Spec.Sparse), stack.Dense,
            WeightField.Of(model.Name, stack, ModelPart.SharedExpert), WeightField.Of(model.Name, stack, ModelPart.DenseFeedForward, "Dense"))
        {
            Prefix = stack.Prefix,
            FirstLayer = stack.FirstLayer,
            IsWithoutExperts = stack.SparseLayers.Count == 0,
        };

    protected override void Write(CodeWriter writer, FeedForwardInfo info)
    {
        writer.PartsNamespace(
            info.Model, "MoeGen.Engine", "MoeGen.Experts", "MoeGen.Kernels", "MoeGen.Weights", $"Expert = {info.Model.GlobalName}.Expert");
        if (info.Encoder is { } encoder)
        {
            WriteStack(writer, encoder);
            writer.Line();
        }

        WriteStack(writer, info);
    }

    private static void WriteStack(CodeWriter writer, FeedForwardInfo info)
    {
        if (!info.IsWithoutExperts)
        {
            WriteSparse(writer, info, info.Experts);
        }

        if (info.Dense is { } dense)
        {
            if (!info.IsWithoutExperts)
            {
                writer.Line();
            }

            WriteDense(writer, info, dense);
        }
    }

    private static void WriteSparse(CodeWriter writer, FeedForwardInfo info, ExpertFacts sparse)
    {
        string shared = sparse.SharedExpert is { } expert ? $", and a shared expert of {expert.IntermediateSize} for every token" : "";
        writer.Summary(
            $"Top-{sparse.TopK} of {sparse.NumExperts} experts: {sparse.Activation.ProseName}, hidden {info.HiddenSize}, "
            + $"intermediate {sparse.IntermediateSize}{shared}.");
        writer.Attributes();
        writer.Open($"internal sealed class {info.Prefix}SparseFeedForward");
        WeightField.Declare(writer, info.SharedFields);
        writer.Line($"private readonly {info.Prefix}Router _router;");
        writer.Line();
        writer.Open($"public {info.Prefix}SparseFeedForward(WeightStore weights, int index)");
        WeightField.Assign(writer, info.SharedFields);
        writer.Line($"_router = new {info.Prefix}Router(weights, index);");
        string layer = info.FirstLayer == 0 ? "index" : $"{info.FirstLayer} + index";
        writer.Line($"Experts = weights.Experts<{ExpertTypes(info.Model, info.Format)}>({layer});");
        writer.Close();
        writer.Line();
        writer.Summary($"The {sparse.NumExperts} routed experts.");
        writer.Line($"public ExpertList<{ExpertTypes(info.Model, info.Format)}> Experts {{ get; }}");
        writer.Line();
        writer.Summary("Adds the experts' output to the residual stream; the normed hidden state is ready, the sum at the end.");
        writer.Open("public void Forward(Pass pass, Worker worker)");
        writer.Line("int tokens = pass.NumTokens;");
        writer.Line();
        writer.Lines($"""
            // the {sparse.TopK} best experts of every token; those that are not in memory are asked for
            _router.Choose(pass, worker);

            """);
        if (sparse.SharedExpert is not null)
        {
            WriteSharedExpert(writer, info, sparse);
        }

        string activation = Activation(sparse.Activation);
        string activated = sparse.Activation.IsUngated ? "Up" : "Gate";
        string input = sparse.ScalesInput ? ", scalesInput: true" : "", sum = sparse.ScalesInput ? "sum" : "weighted sum";
        string firstHalf = sparse.Activation.IsUngated
            ? $"Up({activation}, Experts, pass.Routing, pass.Normed, pass.Up, worker)"
            : $"GateAndUp({activation}, Experts, pass.Routing, pass.Normed, pass.Gate, pass.Up, worker{input})";
        writer.Lines($$"""
            // each expert on the tokens that chose it: those in memory first, the others as they arrive
            do
            {
                FeedForward.{{firstHalf}};
                worker.Sync();
                FeedForward.Down(Experts, pass.Routing, pass.{{activated}}, pass.Down, worker);
            }
            while (Experts.NextWave(pass, worker));

            // their {{sum}} is added to the residual stream
            FeedForward.AddChosen(pass.Routing, pass.Down, pass.Hidden, tokens, worker{{Scale(info, "scale: ")}}{{input}});
            worker.Sync();
            """);
        writer.Close();
        writer.Close();
    }

    private static void WriteSharedExpert(CodeWriter writer, FeedForwardInfo info, ExpertFacts sparse)
    {
        string activation = Activation(sparse.Activation);
        writer.Line("// the shared expert, for every token");
        string buffers = "pass.Normed, pass.SharedGate, pass.SharedUp";
        writer.Line($"FeedForward.GateAndUp({activation}, _sharedGateProj, _sharedUpProj, {buffers}, tokens, worker);");
        if (sparse.SharedExpert!.IsGated)
        {
            writer.Lines("""
                MatMul.Multiply(_sharedScore, pass.Normed, pass.SharedScore, tokens, worker);
                worker.Sync();
                FeedForward.ScaleRows(pass.SharedGate, pass.SharedScore, tokens, worker);
                """);
        }

        writer.Lines($"""
            worker.Sync();
            MatMul.MultiplyAdd(_sharedDownProj, pass.SharedGate, pass.Hidden, tokens, worker{Scale(info)});
            """);
        writer.Line();
    }

    private static void WriteDense(CodeWriter writer, FeedForwardInfo info, DenseSpec dense)
    {
        writer.Summary(
            $"One network for every token: {dense.Activation.ProseName}, hidden {info.HiddenSize}, intermediate {dense.IntermediateSize}.");
        writer.Attributes();
        writer.Open($"internal sealed class {info.Prefix}DenseFeedForward");
        WeightField.Declare(writer, info.DenseFields);
        writer.Line();
        writer.Open($"public {info.Prefix}DenseFeedForward(WeightStore weights, int index)");
        WeightField.Assign(writer, info.DenseFields);
        writer.Close();
        writer.Line();
        writer.Summary("Adds its output to the residual stream; the normed hidden state is ready, the sum at the end.");
        writer.Open("public void Forward(Pass pass, Worker worker)");
        string activation = Activation(dense.Activation);
        bool isUngated = dense.Activation.IsUngated;
        writer.Lines($"""
            int tokens = pass.NumTokens;
            {(isUngated
                ? $"FeedForward.Up({activation}, _upProj, pass.Normed, pass.DenseUp, tokens, worker);"
                : $"FeedForward.GateAndUp({activation}, _gateProj, _upProj, pass.Normed, pass.DenseGate, pass.DenseUp, tokens, worker);")}
            worker.Sync();
            MatMul.MultiplyAdd(_downProj, pass.{(isUngated ? "DenseUp" : "DenseGate")}, pass.Hidden, tokens, worker{Scale(info)});
            worker.Sync();
            """);
        writer.Close();
        writer.Close();
    }

    private static string Activation(ActivationSpec activation) =>
        activation.Limit is null ? $"new {activation.Kernel}()" : $"new {activation.Kernel}<SwiGluLimit>()";

    private static string Scale(FeedForwardInfo info, string name = "") =>
        info.ResidualScale == 1 ? "" : $", {name}{Words.Float(info.ResidualScale)}";
}

/// <inheritdoc cref="Feature{TInfo}"/>
internal sealed record FeedForwardInfo(
    ModelName Model, int HiddenSize, double ResidualScale, WeightFormat Format, ExpertFacts Experts, DenseSpec? Dense,
    EquatableArray<WeightField> SharedFields, EquatableArray<WeightField> DenseFields)
    : FeatureInfo(Model)
{
    /// <summary>The same of the encoder; null: there is none, or this is it.</summary>
    [LaterMember]
    public FeedForwardInfo? Encoder { get; init; }

    /// <summary>What the names of the classes begin with.</summary>
    [LaterMember]
    public string Prefix { get; init; } = "";

    /// <summary>Layers of the model before those of the stack.</summary>
    [LaterMember]
    public int FirstLayer { get; init; }

    /// <summary>All layers of the stack are dense.</summary>
    [LaterMember]
    public bool IsWithoutExperts { get; init; }
}

/// <summary>A sparse part without its router, which is a file of its own. Immutable, value-equal; adding a member must keep both.</summary>
internal sealed record ExpertFacts(
    int NumExperts, int TopK, int IntermediateSize, ActivationSpec Activation, SharedExpertSpec? SharedExpert, bool ScalesInput)
{
    public static ExpertFacts Of(SparseSpec sparse) =>
        new(sparse.NumExperts, sparse.TopK, sparse.IntermediateSize, sparse.Activation, sparse.SharedExpert, sparse.ScalesInput);
}
