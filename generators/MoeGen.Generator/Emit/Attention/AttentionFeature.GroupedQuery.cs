using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Emit.Attention;

internal sealed partial class AttentionFeature
{
    private static void WriteGroupedQuery(CodeWriter writer, AttentionInfo info, AttentionClass type, GroupedQuerySpec attention)
    {
        writer.Lines($"""
            // queries, keys and values
            MatMul.Multiply(_qProj, {Bias(attention, "_qBias")}pass.Normed, pass.Queries, tokens, worker);
            MatMul.Multiply(_kProj, {Bias(attention, "_kBias")}pass.Normed, pass.Keys, tokens, worker);
            MatMul.Multiply(_vProj, {Bias(attention, "_vBias")}pass.Normed, pass.Values, tokens, worker);
            worker.Sync();
            """);
        writer.Line();
        WritePreparation(writer, info, attention);
        string bias = attention.RelativeBias is null ? "null" : "_bias";
        string terms = attention.HasSinks ? ", _sinks" : attention.RelativeBias is null ? "" : ", _bias";
        (string attend, string place, string more, string seen) = attention.SeesAll
            ? ("AttendAll", "0", ", " + bias, "segment.NumTokens")
            : ("Attend", "_index", terms, "segment.FirstPosition");
        string scale = attention.Temperature is { } temperature
            ? $"QueryTemperature.Scale(\n        segment.RowsOf(pass.Queries), {Words.Float(temperature.Scale)}, "
                + $"{Words.Float(temperature.Floor)}, segment.FirstPosition, segment.NumTokens, worker);\n    "
            : "";
        writer.Lines($$"""
            foreach (Segment segment in pass.Segments)
            {
                {{scale}}segment.Cache.Append(
                    {{place}}, segment.RowsOf(pass.Keys), segment.RowsOf(pass.Values), segment.FirstPosition, segment.NumTokens, worker);
            }

            worker.Sync();

            // what every token sees, added to the residual stream
            foreach (Segment segment in pass.Segments)
            {
                Attention.{{attend}}<{{type.Shape}}>(
                    segment.RowsOf(pass.Queries), segment.Cache, {{place}}{{more}}, segment.RowsOf(pass.Attended),
                    {{seen}}, segment.NumTokens, worker);
            }

            worker.Sync();
            """);
        WriteOutput(writer, info, attention, attention.HasOutputBias);
    }

    // what happens to queries, keys and values on the way to the cache
    private static void WritePreparation(CodeWriter writer, AttentionInfo info, GroupedQuerySpec attention)
    {
        string epsilon = Words.Float(info.NormEpsilon);
        int heads = attention.NumHeads, keyValueHeads = attention.NumKeyValueHeads;
        string Heads(int count) => $"numHeads: {count}, headDim: {attention.HeadDim}, firstDim: 0";
        writer.Line(attention.Norm switch
        {
            QueryKeyNorm.PerHead => "// a norm on each head, rotary positions; keys and values go to the cache",
            QueryKeyNorm.FullWidth => "// a norm over all heads, rotary positions; keys and values go to the cache",
            QueryKeyNorm.BehindRope => "// rotary positions, a norm on each head; keys and values go to the cache",
            _ when attention.Temperature is not null => "// queries sharpened by their position; keys and values go to the cache",
            _ when attention.SeesAll => "// keys and values go where those of the layer before were",
            _ when !attention.HasRope => "// keys and values go to the cache",
            _ => "// rotary positions; keys and values go to the cache",
        });
        switch (attention.Norm)
        {
            case QueryKeyNorm.PerHead:
                writer.Line($"RmsNorm.NormalizeHeads(pass.Queries, _qNorm, {epsilon}, {heads}, tokens, worker);");
                writer.Line($"RmsNorm.NormalizeHeads(pass.Keys, _kNorm, {epsilon}, {keyValueHeads}, tokens, worker);");
                break;
            case QueryKeyNorm.FullWidth:
                writer.Line($"RmsNorm.Normalize(pass.Queries, _qNorm, {epsilon}, pass.Queries, tokens, worker);");
                writer.Line($"RmsNorm.Normalize(pass.Keys, _kNorm, {epsilon}, pass.Keys, tokens, worker);");
                writer.Line("worker.Sync();");
                break;
        }

        if (attention.Clip is { } clip)
        {
            foreach (string buffer in new[] { "Queries", "Keys", "Values" })
            {
                writer.Line($"Elementwise.Clamp(pass.{buffer}, {Words.Float(clip)}, tokens, worker);");
            }

            writer.Line("worker.Sync();");
        }

        if (attention.HasRope)
        {
            writer.Line($"_rope.Rotate(pass.Queries, pass.Rotations, {Heads(heads)}, tokens, worker);");
            writer.Line($"_rope.Rotate(pass.Keys, pass.Rotations, {Heads(keyValueHeads)}, tokens, worker);");
        }

        if (attention.Norm == QueryKeyNorm.BehindRope)
        {
            writer.Line($"RmsNorm.NormalizeHeads(pass.Queries, {epsilon}, {heads}, tokens, worker);");
            writer.Line($"RmsNorm.NormalizeHeads(pass.Keys, {epsilon}, {keyValueHeads}, tokens, worker);");
        }

        // what a sequence keeps is shared among the workers in another way
        if (attention.HasRope || attention.Norm is QueryKeyNorm.PerHead or QueryKeyNorm.BehindRope)
        {
            writer.Line("worker.Sync();");
        }
    }

    private static string Bias(GroupedQuerySpec attention, string field) => attention.HasBias ? field + ", " : "";
}
