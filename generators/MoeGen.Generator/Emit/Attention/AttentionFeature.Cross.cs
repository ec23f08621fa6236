using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Emit.Attention;

internal sealed partial class AttentionFeature
{
    // keys and values once for each input, then queries of every token
    private static void WriteCross(CodeWriter writer, AttentionInfo info, AttentionClass type)
    {
        GroupedQuerySpec attention = (GroupedQuerySpec)type.Spec;
        writer.Summary($"To what the encoder has read: {type.Description}.");
        writer.Attributes();
        writer.Open($"internal sealed class {type.Name}");
        WeightField.Declare(writer, info.Fields);
        writer.Line("private readonly int _index;");
        writer.Line();
        writer.Open($"public {type.Name}(WeightStore weights, int index)");
        WeightField.Assign(writer, info.Fields);
        writer.Line("_index = index;");
        writer.Close();
        writer.Line();
        writer.Summary("Makes keys and values of the encoder's output, which stands where normed hidden states do.");
        writer.Open("public void ReadInput(Pass pass, Worker worker)");
        writer.Lines($$"""
            MatMul.Multiply(_kProj, {{Bias(attention, "_kBias")}}pass.Normed, pass.Keys, pass.NumTokens, worker);
            MatMul.Multiply(_vProj, {{Bias(attention, "_vBias")}}pass.Normed, pass.Values, pass.NumTokens, worker);
            worker.Sync();
            foreach (Segment segment in pass.Segments)
            {
                segment.InputCache.Append(
                    _index, segment.RowsOf(pass.Keys), segment.RowsOf(pass.Values), 0, segment.NumTokens, worker);
            }

            worker.Sync();
            """);
        writer.Close();
        writer.Line();
        writer.Summary("Adds to the residual stream what every token sees; the normed hidden state is ready, the sum at the end.");
        writer.Open("public void Forward(Pass pass, Worker worker)");
        writer.Lines($$"""
            int tokens = pass.NumTokens;
            MatMul.Multiply(_qProj, {{Bias(attention, "_qBias")}}pass.Normed, pass.Queries, tokens, worker);
            worker.Sync();
            foreach (Segment segment in pass.Segments)
            {
                Attention.AttendAll<{{type.Shape}}>(
                    segment.RowsOf(pass.Queries), segment.InputCache, _index, null, segment.RowsOf(pass.Attended),
                    segment.InputLength, segment.NumTokens, worker);
            }

            worker.Sync();
            """);
        WriteOutput(writer, info, attention, attention.HasOutputBias);
        writer.Close();
        writer.Close();
        writer.Line();
    }
}
