namespace MoeGen.Generator.Emit.Layers;

internal sealed partial class LayersFeature
{
    private static void WriteFeedForward(CodeWriter writer, LayersInfo info, LayerInfo layer)
    {
        string epsilon = Words.Float(info.NormEpsilon);
        if (layer.IsSparse)
        {
            writer.Lines($"""
                // the {layer.TopK} best experts of every token
                RmsNorm.Normalize(pass.Hidden, _feedForwardNorm, {epsilon}, pass.Normed, tokens, worker);
                worker.Sync();
                _router.Choose(pass, worker);

                // each expert on the tokens that chose it; their weighted sum is added to the residual stream
                FeedForward.GateAndUp(new SwiGlu(), Experts, pass.Routing, pass.Normed, pass.Gate, pass.Up, worker);
                worker.Sync();
                FeedForward.DownAndAdd(Experts, pass.Routing, pass.Gate, pass.Down, pass.Hidden, tokens, worker);
                worker.Sync();
                """);
        }
        else
        {
            writer.Lines($"""
                // one SwiGLU for every token, added to the residual stream
                RmsNorm.Normalize(pass.Hidden, _feedForwardNorm, {epsilon}, pass.Normed, tokens, worker);
                worker.Sync();
                FeedForward.GateAndUp(new SwiGlu(), _gateProj, _upProj, pass.Normed, pass.DenseGate, pass.DenseUp, tokens, worker);
                worker.Sync();
                MatMul.MultiplyAdd(_downProj, pass.DenseGate, pass.Hidden, tokens, worker);
                worker.Sync();
                """);
        }
    }
}
