using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Emit.Router;

/// <summary>The router: hidden state to chosen experts.</summary>
internal sealed class RouterFeature : Feature<RouterInfo>
{
    public override string Name => "Router";

    public override RouterInfo GetInfo(ModelDeclaration model)
    {
        ModelSpec spec = model.Spec;
        SparseSpec sparse = spec.Sparse;
        return new RouterInfo(
            model.Name, spec.HiddenSize, sparse.NumExperts, sparse.TopK, sparse.NormalizeTopK, spec.WeightFormat, spec.Tensors.Router);
    }

    protected override void Write(CodeWriter writer, RouterInfo info)
    {
        string format = info.Format.TypeName();
        string weights = info.NormalizeTopK ? "renormalised to sum 1" : "weights as the softmax gives them";
        writer.PartsNamespace(info.Model, "MoeGen.Engine", "MoeGen.Kernels", "MoeGen.Weights");
        writer.Summary(
            $"Router: {info.HiddenSize} -> a score for each of {info.NumExperts} experts, softmax over all, "
            + $"the best {info.TopK}, {weights}.");
        writer.Attributes();
        writer.Open("internal sealed class Router");
        writer.Line($"private readonly Matrix<RouterShape, {format}> _weight; // [{info.NumExperts}, {info.HiddenSize}] {info.Tensor}");
        writer.Line("private readonly int _layer;");
        writer.Line();
        writer.Open("public Router(WeightStore weights, int layer)");
        writer.Line($"_weight = weights.Matrix<RouterShape, {format}>(WeightMap.Router, layer);");
        writer.Line("_layer = layer;");
        writer.Close();
        writer.Line();
        writer.Summary("Chooses experts for every token of the pass from its normed hidden state.");
        writer.Open("public void Choose(Pass pass, Worker worker)");
        writer.Lines($"""
            // scores of all experts
            MatMul.Multiply(_weight, pass.Normed, pass.Routing.Logits, pass.NumTokens, worker);
            worker.Sync();

            // softmax, and the best {info.TopK}
            TopK.SoftmaxThenTopK(pass.Routing, normalize: {(info.NormalizeTopK ? "true" : "false")}, _layer, pass.NumTokens, worker);
            worker.Sync();

            // the choices of all tokens, expert by expert
            pass.Routing.GroupByExpert(pass.NumTokens, worker);
            pass.OnRouted(_layer, worker);
            worker.Sync();
            """);
        writer.Close();
        writer.Close();
    }
}

/// <inheritdoc cref="Feature{TInfo}"/>
internal sealed record RouterInfo(
    ModelName Model, int HiddenSize, int NumExperts, int TopK, bool NormalizeTopK, WeightFormat Format, string Tensor)
    : FeatureInfo(Model);
