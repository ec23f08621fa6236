using MoeGen.Generator.Spec;

namespace MoeGen.Testing;

/// <summary>Attention of the reference: all scores of all pairs of positions, keys and values of latent attention written out.</summary>
/// <param name="spec">The model, or the stack whose layers are asked for.</param>
/// <param name="weights">The model's weights.</param>
internal sealed class ReferenceAttention(ModelSpec spec, ReferenceWeights weights)
{
    /// <summary>What the attention of a layer adds to the residual stream.</summary>
    /// <param name="layer">0-based layer.</param>
    /// <param name="x">Normed hidden states, [tokens][hidden].</param>
    public double[][] Attend(int layer, double[][] x)
    {
        AttentionSpec attention = spec.KindOf(layer).Attention;
        (double[][] Queries, double[][] Keys, double[][] Values)[] heads =
            [.. x.Select((row, t) => attention is LatentSpec latent
                ? LatentHeads(layer, latent, row, t, x.Length)
                : GroupedHeads(layer, (GroupedQuerySpec)attention, row, t, x.Length))];
        bool hasOutputBias = attention is LatentSpec { HasBias: true } or GroupedQuerySpec { HasOutputBias: true };
        float[]? sinks = attention is GroupedQuerySpec { HasSinks: true } ? Get("Sinks", layer) : null;
        RelativeBiasSpec? relative = (attention as GroupedQuerySpec)?.RelativeBias;
        float[]? numbers = relative is null ? null : Get("RelativeBias", 0);
        double[][] outputs = new double[x.Length][];
        for (int t = 0; t < x.Length; t++)
        {
            List<double> attended = [];
            for (int head = 0; head < attention.NumHeads; head++)
            {
                int group = attention.NumHeads / heads[t].Keys.Length;

                // a window of W sees the token itself and W - 1 before it, a chunk what is in it
                int first = attention.SlidingWindow is { } window ? Math.Max(0, t - window + 1) : 0;
                first = attention.ChunkSize is { } chunk ? t / chunk * chunk : first;
                int last = attention.SeesAll ? x.Length - 1 : t;
                double Bias(int distance) => relative is null
                    ? 0
                    : numbers![(ReferencePositions.Bucket(relative, distance, attention.SeesAll) * attention.NumHeads) + head];
                double[] scores =
                    [.. Enumerable.Range(first, last - first + 1).Select(
                        s => (Vectors.Dot(heads[t].Queries[head], heads[s].Keys[head / group]) * attention.Scale) + Bias(s - t))];
                double[] shares = Vectors.Softmax(sinks is null ? scores : [.. scores, sinks[head]]);
                double[] sum = new double[heads[t].Values[0].Length];
                for (int s = first; s <= last; s++)
                {
                    Vectors.Add(sum, heads[s].Values[head / group], shares[s - first]);
                }

                attended.AddRange(sum);
            }

            outputs[t] = Project([.. attended], "OProj", hasOutputBias ? "OBias" : null, layer);
        }

        return outputs;
    }

    /// <summary>What the attention of a decoder's layer to the encoder's output adds to the residual stream.</summary>
    /// <param name="layer">0-based layer.</param>
    /// <param name="x">Normed hidden states, [tokens][hidden].</param>
    /// <param name="read">What the encoder has read, [inputs][hidden].</param>
    public double[][] AttendToInput(int layer, double[][] x, double[][] read)
    {
        GroupedQuerySpec attention = spec.KindOf(layer).CrossAttention!;
        double[][][] Heads(double[][] rows, string name) =>
            [.. rows.Select(row => Project(row, name, null, layer).Chunk(attention.HeadDim).ToArray())];
        double[][][] queries = Heads(x, "CrossQProj"), keys = Heads(read, "CrossKProj"), values = Heads(read, "CrossVProj");
        double[][] outputs = new double[x.Length][];
        for (int t = 0; t < x.Length; t++)
        {
            List<double> attended = [];
            for (int head = 0; head < attention.NumHeads; head++)
            {
                double[] shares = Vectors.Softmax([.. keys.Select(key => Vectors.Dot(queries[t][head], key[head]) * attention.Scale)]);
                double[] sum = new double[attention.HeadDim];
                for (int s = 0; s < read.Length; s++)
                {
                    Vectors.Add(sum, values[s][head], shares[s]);
                }

                attended.AddRange(sum);
            }

            outputs[t] = Project([.. attended], "CrossOProj", null, layer);
        }

        return outputs;
    }

    private (double[][], double[][], double[][]) GroupedHeads(
        int layer, GroupedQuerySpec attention, double[] x, int position, int length)
    {
        double[][] Heads(char kind, bool isTurned)
        {
            double[] all = Project(x, kind + "Proj", attention.HasBias ? kind + "Bias" : null, layer);
            if (isTurned && attention.Norm == QueryKeyNorm.FullWidth)
            {
                all = Vectors.RmsNorm(all, Get(kind + "Norm", layer), spec.Norm.Epsilon);
            }

            all = attention.Clip is { } clip ? [.. all.Select(v => Math.Clamp(v, -clip, clip))] : all;
            double[][] heads = [.. all.Chunk(attention.HeadDim)];
            for (int head = 0; isTurned && head < heads.Length; head++)
            {
                if (attention.Norm == QueryKeyNorm.PerHead)
                {
                    heads[head] = Vectors.RmsNorm(heads[head], Get(kind + "Norm", layer), spec.Norm.Epsilon);
                }

                if (attention.HasRope)
                {
                    Rotate(heads[head], 0, position, length);
                }

                if (attention.Norm == QueryKeyNorm.BehindRope)
                {
                    heads[head] = Vectors.RmsNorm(heads[head], null, spec.Norm.Epsilon);
                }
            }

            return heads;
        }

        double[][] queries = Heads('Q', isTurned: true);
        if (attention.Temperature is { } temperature)
        {
            double factor = 1 + (temperature.Scale * Math.Log(Math.Floor((position + 1) / temperature.Floor) + 1));
            queries = [.. queries.Select(head => head.Select(v => v * factor).ToArray())];
        }

        return (queries, Heads('K', isTurned: true), Heads('V', isTurned: false));
    }

    private (double[][], double[][], double[][]) LatentHeads(int layer, LatentSpec attention, double[] x, int position, int length)
    {
        string? Bias(string name) => attention.HasBias ? name : null;
        double[] queryInput = attention.QueryRank is null
            ? x
            : Vectors.RmsNorm(Project(x, "QAProj", Bias("QABias"), layer), Get("QANorm", layer), LatentSpec.NormEpsilon);
        double[][] queries =
            [.. Vectors.Multiply(Get(attention.QueryRank is null ? "QProj" : "QBProj", layer), queryInput)
                .Chunk(attention.NopeDim + attention.RopeDim)];
        foreach (double[] query in queries)
        {
            Rotate(query, attention.NopeDim, position, length);
        }

        double[] down = Project(x, "KvAProj", Bias("KvABias"), layer);
        double[] latent = Vectors.RmsNorm(down[..attention.LatentRank], Get("KvANorm", layer), LatentSpec.NormEpsilon);
        double[] turned = down[attention.LatentRank..];
        Rotate(turned, 0, position, length);
        double[][] up = [.. Vectors.Multiply(Get("KvBProj", layer), latent).Chunk(attention.NopeDim + attention.HeadValueDim)];
        return (
            queries, [.. up.Select(head => (double[])[.. head[..attention.NopeDim], .. turned])],
            [.. up.Select(head => head[attention.NopeDim..])]);
    }

    private double[] Project(double[] x, string weight, string? bias, int layer)
    {
        double[] y = Vectors.Multiply(Get(weight, layer), x);
        if (bias is not null)
        {
            Vectors.Add(y, [.. Get(bias, layer).Select(b => (double)b)]);
        }

        return y;
    }

    private float[] Get(string name, int layer) => weights.Get(spec.Prefix + name, layer);

    private void Rotate(double[] head, int first, int position, int length)
    {
        int half = spec.Rope.Dim / 2;
        for (int i = 0; i < half; i++)
        {
            (double frequency, double scale) = ReferenceRope.Frequency(spec.Rope, i, length);
            double cosine = Math.Cos(position * frequency) * scale, sine = Math.Sin(position * frequency) * scale;
            int a = first + (spec.Rope.IsInterleaved ? 2 * i : i), b = spec.Rope.IsInterleaved ? a + 1 : a + half;
            (head[a], head[b]) = ((head[a] * cosine) - (head[b] * sine), (head[b] * cosine) + (head[a] * sine));
        }
    }
}
