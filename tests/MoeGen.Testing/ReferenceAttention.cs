using MoeGen.Generator.Spec;

namespace MoeGen.Testing;

/// <summary>Attention of the reference: all scores of all pairs of positions, keys and values of latent attention written out.</summary>
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
        float[]? sinks = attention is GroupedQuerySpec { HasSinks: true } ? weights.Get("Sinks", layer) : null;
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
                double[] scores =
                    [.. Enumerable.Range(first, t - first + 1).Select(
                        s => Vectors.Dot(heads[t].Queries[head], heads[s].Keys[head / group]) * attention.Scale)];
                double[] shares = Vectors.Softmax(sinks is null ? scores : [.. scores, sinks[head]]);
                double[] sum = new double[heads[t].Values[0].Length];
                for (int s = first; s <= t; s++)
                {
                    Vectors.Add(sum, heads[s].Values[head / group], shares[s - first]);
                }

                attended.AddRange(sum);
            }

            outputs[t] = Project([.. attended], "OProj", hasOutputBias ? "OBias" : null, layer);
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
                all = Vectors.RmsNorm(all, weights.Get(kind + "Norm", layer), spec.Norm.Epsilon);
            }

            all = attention.Clip is { } clip ? [.. all.Select(v => Math.Clamp(v, -clip, clip))] : all;
            double[][] heads = [.. all.Chunk(attention.HeadDim)];
            for (int head = 0; isTurned && head < heads.Length; head++)
            {
                if (attention.Norm == QueryKeyNorm.PerHead)
                {
                    heads[head] = Vectors.RmsNorm(heads[head], weights.Get(kind + "Norm", layer), spec.Norm.Epsilon);
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
            : Vectors.RmsNorm(Project(x, "QAProj", Bias("QABias"), layer), weights.Get("QANorm", layer), LatentSpec.NormEpsilon);
        double[][] queries =
            [.. Vectors.Multiply(weights.Get(attention.QueryRank is null ? "QProj" : "QBProj", layer), queryInput)
                .Chunk(attention.NopeDim + attention.RopeDim)];
        foreach (double[] query in queries)
        {
            Rotate(query, attention.NopeDim, position, length);
        }

        double[] down = Project(x, "KvAProj", Bias("KvABias"), layer);
        double[] latent = Vectors.RmsNorm(down[..attention.LatentRank], weights.Get("KvANorm", layer), LatentSpec.NormEpsilon);
        double[] turned = down[attention.LatentRank..];
        Rotate(turned, 0, position, length);
        double[][] up = [.. Vectors.Multiply(weights.Get("KvBProj", layer), latent).Chunk(attention.NopeDim + attention.HeadValueDim)];
        return (
            queries, [.. up.Select(head => (double[])[.. head[..attention.NopeDim], .. turned])],
            [.. up.Select(head => head[attention.NopeDim..])]);
    }

    private double[] Project(double[] x, string weight, string? bias, int layer)
    {
        double[] y = Vectors.Multiply(weights.Get(weight, layer), x);
        if (bias is not null)
        {
            Vectors.Add(y, [.. weights.Get(bias, layer).Select(b => (double)b)]);
        }

        return y;
    }

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
