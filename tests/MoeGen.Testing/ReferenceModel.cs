using MoeGen.Generator.Emit.WeightMap;
using MoeGen.Generator.Spec;
using MoeGen.Weights;

namespace MoeGen.Testing;

/// <summary>What the reference gives for some tokens.</summary>
/// <param name="Logits">[tokens][vocabulary].</param>
/// <param name="Experts">[sparse layer][token] ids, best first.</param>
internal sealed record ReferenceResult(double[][] Logits, int[][][] Experts);

/// <summary>
/// The forward pass in double precision, straight from the formulas: no cache, no vectors, no chunks, nothing shared with the runtime
/// but the weights' file format. What the generated models are compared with.
/// </summary>
internal sealed class ReferenceModel
{
    private readonly ModelSpec _spec;
    private readonly Dictionary<string, float[]> _weights = new(StringComparer.Ordinal);

    private ReferenceModel(ModelSpec spec)
    {
        _spec = spec;
    }

    /// <summary>Reads the weights of a folder with one model.safetensors.</summary>
    public static ReferenceModel Load(ModelSpec spec, string folder)
    {
        ReferenceModel model = new(spec);
        string path = Path.Combine(folder, "model.safetensors");
        foreach (TensorEntry entry in TensorFile.ReadHeader(path).Values.Where(entry => entry.Type.ToWeightFormat() is not null))
        {
            model._weights.Add(entry.Name, TensorFile.ReadFloats(path, entry.Name));
        }

        return model;
    }

    /// <summary>A spec's tensors, every layer and expert, with their shapes.</summary>
    public static IEnumerable<(string Name, long[] Shape)> TensorsOf(ModelSpec spec)
    {
        foreach (WeightEntry entry in WeightEntry.Of(spec))
        {
            long[] shape = [.. entry.Shape.Trim('[', ']').Split(", ").Select(long.Parse)];
            IEnumerable<int> layers = entry.Scope switch
            {
                WeightScope.Model => [0],
                WeightScope.AllLayers => Enumerable.Range(0, spec.NumLayers),
                WeightScope.DenseLayers => Enumerable.Range(0, spec.NumLayers).Where(layer => spec.KindOf(layer).FeedForward is DenseSpec),
                _ => Enumerable.Range(0, spec.NumLayers).Where(layer => spec.KindOf(layer).FeedForward is SparseSpec),
            };
            foreach (int layer in layers)
            {
                for (int expert = 0; expert < (entry.Scope == WeightScope.Experts ? spec.Sparse.NumExperts : 1); expert++)
                {
                    yield return (TensorDeclaration.Expand(entry.Tensor, layer, expert), shape);
                }
            }
        }
    }

    public ReferenceResult Run(ReadOnlySpan<int> tokens)
    {
        double[][] hidden = new double[tokens.Length][];
        for (int t = 0; t < tokens.Length; t++)
        {
            hidden[t] = Row(_spec.Tensors.EmbedTokens, tokens[t], _spec.HiddenSize);
        }

        List<int[][]> experts = [];
        for (int layer = 0; layer < _spec.NumLayers; layer++)
        {
            Attend(layer, hidden);
            if (_spec.KindOf(layer).FeedForward is SparseSpec sparse)
            {
                experts.Add([.. hidden.Select(x => AddExperts(layer, sparse, x))]);
            }
            else
            {
                foreach (double[] x in hidden)
                {
                    TensorNames names = _spec.Tensors;
                    double[] normed = RmsNorm(x, Name(names.FeedForwardNorm, layer));
                    Add(
                        x,
                        SwiGlu(normed, Name(names.DenseGateProj, layer), Name(names.DenseUpProj, layer), Name(names.DenseDownProj, layer)),
                        1);
                }
            }
        }

        string head = _spec.TieWordEmbeddings ? _spec.Tensors.EmbedTokens : _spec.Tensors.LmHead;
        return new ReferenceResult([.. hidden.Select(x => Multiply(RmsNorm(x, _spec.Tensors.FinalNorm), head))], [.. experts]);
    }

    private void Attend(int layer, double[][] hidden)
    {
        AttentionSpec attention = _spec.KindOf(layer).Attention;
        TensorNames names = _spec.Tensors;
        double[][] normed = [.. hidden.Select(x => RmsNorm(x, Name(names.AttentionNorm, layer)))];
        double[][][] queries = [.. normed.Select(
            (x, t) => Heads(x, t, Name(names.QProj, layer), Name(names.QNorm, layer), attention, isRotated: true))];
        double[][][] keys = [.. normed.Select(
            (x, t) => Heads(x, t, Name(names.KProj, layer), Name(names.KNorm, layer), attention, isRotated: true))];
        double[][][] values = [.. normed.Select((x, t) => Heads(x, t, Name(names.VProj, layer), null, attention, isRotated: false))];
        int group = attention.NumHeads / attention.NumKeyValueHeads;
        for (int t = 0; t < hidden.Length; t++)
        {
            List<double> attended = [];
            for (int head = 0; head < attention.NumHeads; head++)
            {
                // a window of W sees the token itself and W - 1 before it
                int first = attention.SlidingWindow is { } window ? Math.Max(0, t - window + 1) : 0;
                double[] scores =
                    [.. Enumerable.Range(first, t - first + 1).Select(
                        s => Dot(queries[t][head], keys[s][head / group]) / Math.Sqrt(attention.HeadDim))];
                double[] weights = Softmax(scores);
                double[] sum = new double[attention.HeadDim];
                for (int s = first; s <= t; s++)
                {
                    Add(sum, values[s][head / group], weights[s - first]);
                }

                attended.AddRange(sum);
            }

            Add(hidden[t], Project([.. attended], Name(names.OProj, layer), attention), 1);
        }
    }

    private double[][] Heads(double[] x, int position, string projection, string? norm, AttentionSpec attention, bool isRotated)
    {
        double[] all = Project(x, projection, attention);
        double[][] heads = [.. all.Chunk(attention.HeadDim)];
        for (int head = 0; head < heads.Length; head++)
        {
            heads[head] = attention.HasHeadNorm && norm is not null ? RmsNorm(heads[head], norm) : heads[head];
            heads[head] = isRotated ? Rotate(heads[head], position) : heads[head];
        }

        return heads;
    }

    private double[] Project(double[] x, string weight, AttentionSpec attention)
    {
        double[] y = Multiply(x, weight);
        if (attention.HasBias)
        {
            Add(y, [.. _weights[TensorNames.BiasOf(weight)].Select(b => (double)b)], 1);
        }

        return y;
    }

    private double[] Rotate(double[] head, int position)
    {
        int half = head.Length / 2;
        double[] rotated = new double[head.Length];
        for (int i = 0; i < half; i++)
        {
            (double frequency, double scale) = ReferenceRope.Frequency(_spec.Rope, i, head.Length);
            double cosine = Math.Cos(position * frequency) * scale, sine = Math.Sin(position * frequency) * scale;
            rotated[i] = (head[i] * cosine) - (head[i + half] * sine);
            rotated[i + half] = (head[i + half] * cosine) + (head[i] * sine);
        }

        return rotated;
    }

    private int[] AddExperts(int layer, SparseSpec sparse, double[] x)
    {
        TensorNames names = _spec.Tensors;
        double[] normed = RmsNorm(x, Name(names.FeedForwardNorm, layer));
        double[] probabilities = Softmax(Multiply(normed, Name(names.Router, layer)));
        int[] chosen = [.. Enumerable.Range(0, sparse.NumExperts).OrderByDescending(e => probabilities[e]).ThenBy(e => e).Take(
            sparse.TopK)];
        double sum = sparse.NormalizeTopK ? chosen.Sum(e => probabilities[e]) : 1;
        foreach (int e in chosen)
        {
            double[] output = SwiGlu(
                normed, Name(names.ExpertGateProj, layer, e), Name(names.ExpertUpProj, layer, e), Name(names.ExpertDownProj, layer, e));
            Add(x, output, probabilities[e] / sum);
        }

        return chosen;
    }

    private double[] SwiGlu(double[] x, string gate, string up, string down)
    {
        double[] g = Multiply(x, gate), u = Multiply(x, up);
        return Multiply([.. g.Select((value, i) => value / (1 + Math.Exp(-value)) * u[i])], down);
    }

    private double[] RmsNorm(double[] x, string weight)
    {
        double scale = 1 / Math.Sqrt(x.Average(v => v * v) + _spec.NormEpsilon);
        return [.. x.Select((v, i) => v * scale * _weights[weight][i])];
    }

    private double[] Multiply(double[] x, string weight)
    {
        float[] w = _weights[weight];
        double[] y = new double[w.Length / x.Length];
        for (int row = 0; row < y.Length; row++)
        {
            for (int column = 0; column < x.Length; column++)
            {
                y[row] += w[(row * x.Length) + column] * x[column];
            }
        }

        return y;
    }

    private double[] Row(string weight, int row, int columns) =>
        [.. _weights[weight].AsSpan(row * columns, columns).ToArray().Select(v => (double)v)];

    private static string Name(string pattern, int layer, int expert = 0) => TensorDeclaration.Expand(pattern, layer, expert);

    private static double[] Softmax(double[] x)
    {
        double maximum = x.Max();
        double[] e = [.. x.Select(v => Math.Exp(v - maximum))];
        double sum = e.Sum();
        return [.. e.Select(v => v / sum)];
    }

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    private static void Add(double[] y, double[] x, double factor)
    {
        for (int i = 0; i < y.Length; i++)
        {
            y[i] += x[i] * factor;
        }
    }
}
