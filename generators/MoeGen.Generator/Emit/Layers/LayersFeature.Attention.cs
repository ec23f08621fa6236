using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Emit.Layers;

internal sealed partial class LayersFeature
{
    private static void WriteAttention(CodeWriter writer, LayersInfo info, LayerInfo layer)
    {
        AttentionSpec attention = layer.Attention;
        string epsilon = Words.Float(info.NormEpsilon);
        writer.Lines($"""
            // queries, keys and values of the normed hidden state
            RmsNorm.Normalize(pass.Hidden, _attentionNorm, {epsilon}, pass.Normed, tokens, worker);
            worker.Sync();
            MatMul.Multiply(_qProj, {Bias(attention, "_qBias")}pass.Normed, pass.Queries, tokens, worker);
            MatMul.Multiply(_kProj, {Bias(attention, "_kBias")}pass.Normed, pass.Keys, tokens, worker);
            MatMul.Multiply(_vProj, {Bias(attention, "_vBias")}pass.Normed, pass.Values, tokens, worker);
            worker.Sync();
            """);
        writer.Line();
        writer.Line(attention.HasHeadNorm
            ? "// a norm on each head, rotary positions; keys and values go to the cache"
            : "// rotary positions; keys and values go to the cache");
        if (attention.HasHeadNorm)
        {
            writer.Line($"RmsNorm.NormalizeHeads(pass.Queries, _qNorm, {epsilon}, {attention.NumHeads}, tokens, worker);");
            writer.Line($"RmsNorm.NormalizeHeads(pass.Keys, _kNorm, {epsilon}, {attention.NumKeyValueHeads}, tokens, worker);");
        }

        writer.Lines($"""
            _rope.Rotate(pass.Queries, pass.Rotations, {attention.NumHeads}, {attention.HeadDim}, 0, tokens, worker);
            _rope.Rotate(pass.Keys, pass.Rotations, {attention.NumKeyValueHeads}, {attention.HeadDim}, 0, tokens, worker);
            pass.Cache.Append(Index, pass.Keys, pass.Values, position, tokens, worker);
            worker.Sync();

            // what every token sees, added to the residual stream
            Attention.Attend<{layer.AttentionShape}>(pass.Queries, pass.Cache, Index, pass.Attended, position, tokens, worker);
            worker.Sync();
            MatMul.MultiplyAdd(_oProj, {Bias(attention, "_oBias")}pass.Attended, pass.Hidden, tokens, worker);
            worker.Sync();
            """);
        writer.Line();
    }

    private static string Bias(AttentionSpec attention, string field) => attention.HasBias ? field + ", " : "";
}
