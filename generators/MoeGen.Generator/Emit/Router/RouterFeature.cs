using System.Linq;
using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Emit.Router;

/// <summary>The router: hidden state to chosen experts.</summary>
internal sealed class RouterFeature : Feature<RouterInfo>
{
    public override string Name => "Router";

    public override RouterInfo GetInfo(ModelDeclaration model)
    {
        RouterInfo[] stacks = [.. model.Spec.Stacks.Where(stack => stack.SparseLayers.Count > 0).Select(stack => GetInfo(model, stack))];
        return stacks.Length == 1 ? stacks[0] : stacks[1] with { Encoder = stacks[0] };
    }

    private static RouterInfo GetInfo(ModelDeclaration model, ModelSpec stack)
    {
        SparseSpec sparse = stack.Sparse;
        return new RouterInfo(
            model.Name, stack.HiddenSize, sparse.NumExperts, sparse.TopK, sparse.Router, WeightField.Of(model.Name, stack, ModelPart.Router, "Router"))
        {
            Prefix = stack.Prefix,
            FirstLayer = stack.FirstLayer,
        };
    }

    protected override void Write(CodeWriter writer, RouterInfo info)
    {
        writer.PartsNamespace(info.Model, "MoeGen.Engine", "MoeGen.Kernels", "MoeGen.Weights");
        if (info.Encoder is { } encoder)
        {
            WriteClass(writer, encoder);
            writer.Line();
        }

        WriteClass(writer, info);
    }

    private static void WriteClass(CodeWriter writer, RouterInfo info)
    {
        writer.Summary($"Router: {info.HiddenSize} -> a score for each of {info.NumExperts} experts, {Describe(info)}.");
        writer.Attributes();
        writer.Open($"internal sealed class {info.Prefix}Router");
        WeightField.Declare(writer, info.Fields);
        writer.Line("private readonly int _layer;");
        writer.Line();
        writer.Open($"public {info.Prefix}Router(WeightStore weights, int index)");
        WeightField.Assign(writer, info.Fields);
        writer.Line($"_layer = {(info.FirstLayer == 0 ? "" : $"{info.FirstLayer} + ")}index;");
        if (!info.Model.IsGpu)
        {
            writer.Line("weights.AddRouter(_router, _layer);");
        }

        writer.Close();
        writer.Line();
        writer.Summary("Chooses experts for every token of the pass from its normed hidden state.");
        writer.Open("public void Choose(Pass pass, Worker worker)");
        writer.Lines($"""
            // scores of all experts
            MatMul.Multiply(_router, {(info.Router.HasBias ? "_bias, " : "")}pass.Normed, pass.Routing.Logits, pass.NumTokens, worker);
            worker.Sync();

            // the best {info.TopK}
            {Selection(info.Router)}
            worker.Sync();

            """);
        if (info.Router.Capacity is { } capacity)
        {
            writer.Lines($$"""
                // an expert takes {{capacity}} tokens of a sequence; those behind them are dropped
                foreach (Segment segment in pass.Segments)
                {
                    segment.Loads.Limit(pass.Routing, _layer, {{capacity}}, segment, worker);
                }

                """);
        }

        writer.Lines("""
            // the choices of all tokens, expert by expert
            pass.Routing.GroupByExpert(pass.NumTokens, worker);
            pass.OnRouted(_layer, pass.Normed, worker);
            worker.Sync();
            """);
        writer.Close();
        writer.Close();
    }

    private static string Selection(RouterSpec router)
    {
        const string Last = "_layer, pass.NumTokens, worker";
        string normalize = router.Normalize ? "true" : "false";
        string scale = Words.Float(router.Scale);
        string groups = $"numGroups: {router.NumGroups}, topKGroups: {router.TopKGroups}";
        return router.Kind switch
        {
            RouterKind.SigmoidThenTopK =>
                $"TopK.SigmoidThenTopK(\n    pass.Routing, _correctionBias, {groups}, normalize: {normalize}, scale: {scale}, {Last});",
            RouterKind.TopKThenSigmoid => $"TopK.TopKThenSigmoid(pass.Routing, {Last});",
            RouterKind.SparseMixer => $"TopK.SparseMixer(pass.Routing, jitterEpsilon: {Words.Float(router.Jitter)}, {Last});",
            RouterKind.TopKThenSoftmax => $"TopK.SoftmaxThenTopK(pass.Routing, normalize: true, {Last});",
            _ when router.NumGroups > 1 =>
                $"TopK.SoftmaxThenGroupTopK(\n    pass.Routing, {groups}, normalize: {normalize}, scale: {scale}, {Last});",
            _ => $"TopK.SoftmaxThenTopK(pass.Routing, normalize: {normalize}, {Last}{(router.Scale == 1 ? "" : $", scale: {scale}")});",
        };
    }

    private static string Describe(RouterInfo info)
    {
        RouterSpec router = info.Router;
        string best = router.NumGroups > 1
            ? $"the best {info.TopK} of the best {router.TopKGroups} of {router.NumGroups} groups"
            : $"the best {info.TopK}";
        string scaled = router.Scale == 1 ? "" : $", times {ConfigNumbers.Format(router.Scale)}";
        string taken = router.Capacity is { } capacity ? $", each expert taking {capacity} tokens of a sequence" : "";
        string weights = (router.Normalize ? "renormalised to sum 1" : "not renormalised") + scaled;
        return router.Kind switch
        {
            RouterKind.SigmoidThenTopK => $"{best} by sigmoid plus a learned bias, weighted by the sigmoid, {weights}",
            RouterKind.TopKThenSigmoid => $"{best}, weighted by the sigmoid",
            RouterKind.SparseMixer => $"{best} by a sparse mixer",
            RouterKind.TopKThenSoftmax => $"{best}, softmax over them",
            _ => $"softmax over all, {best}, weights {weights}{taken}",
        };
    }
}

/// <inheritdoc cref="Feature{TInfo}"/>
internal sealed record RouterInfo(
    ModelName Model, int HiddenSize, int NumExperts, int TopK, RouterSpec Router, EquatableArray<WeightField> Fields)
    : FeatureInfo(Model)
{
    /// <summary>The same of the encoder; null: there is none, or this is it.</summary>
    [LaterMember]
    public RouterInfo? Encoder { get; init; }

    /// <summary>What the class's name begins with.</summary>
    [LaterMember]
    public string Prefix { get; init; } = "";

    /// <summary>Layers of the model before those of the stack.</summary>
    [LaterMember]
    public int FirstLayer { get; init; }
}
