using MoeGen.Generator.Spec;

namespace MoeGen.Testing;

/// <summary>What the reference gives for some tokens.</summary>
/// <param name="Logits">[tokens][vocabulary].</param>
/// <param name="Experts">[sparse layer][token] ids, best first; -1: dropped. An encoder's layers come first.</param>
internal sealed record ReferenceResult(double[][] Logits, int[][][] Experts);

/// <summary>
/// The forward pass in double precision, straight from the formulas: no cache, no vectors, no chunks, nothing shared with the runtime
/// but the weights' file format. What the generated models are compared with.
/// </summary>
internal sealed class ReferenceModel
{
    private readonly ModelSpec _spec;
    private readonly ReferenceWeights _weights;

    private ReferenceModel(ModelSpec spec, ReferenceWeights weights)
    {
        _spec = spec;
        _weights = weights;
    }

    /// <summary>Reads the weights of a folder with one model.safetensors.</summary>
    public static ReferenceModel Load(ModelSpec spec, string folder) => new(spec, ReferenceWeights.Load(spec, folder));

    /// <summary>Runs tokens through the model.</summary>
    /// <param name="tokens">The text; of a model with an encoder, the decoder's.</param>
    /// <param name="input">What an encoder reads.</param>
    public ReferenceResult Run(ReadOnlySpan<int> tokens, ReadOnlySpan<int> input = default)
    {
        List<int[][]> experts = [];
        double[][] read = [];
        if (_spec.Encoder is not null)
        {
            ModelSpec encoder = _spec.Stacks.First();
            read = [.. RunStack(encoder, input, [], experts).Select(x => Norm(x, "EncoderFinalNorm", 0))];
        }

        double[][] hidden = RunStack(_spec, tokens, read, experts);
        return new ReferenceResult([.. hidden.Select(Score)], [.. experts]);
    }

    private double[][] RunStack(ModelSpec stack, ReadOnlySpan<int> tokens, double[][] read, List<int[][]> experts)
    {
        float[] embedding = _weights.Get("EmbedTokens");
        double[][] hidden = new double[tokens.Length][];
        for (int t = 0; t < tokens.Length; t++)
        {
            float[] row = embedding.AsSpan(tokens[t] * _spec.HiddenSize, _spec.HiddenSize).ToArray();
            hidden[t] = [.. row.Select(v => v * _spec.Multipliers.Embedding)];
        }

        ReferenceAttention attention = new(stack, _weights);
        ReferenceFeedForward feedForward = new(stack, _weights);
        for (int layer = 0; layer < stack.NumLayers; layer++)
        {
            double[][] Normed(string name) => [.. hidden.Select(x => Norm(x, stack.Prefix + name, layer))];
            AddAll(hidden, attention.Attend(layer, Normed("AttentionNorm")));
            if (stack.KindOf(layer).CrossAttention is not null)
            {
                AddAll(hidden, attention.AttendToInput(layer, Normed("CrossAttentionNorm"), read));
            }

            double[][] normed = Normed("FeedForwardNorm");
            List<int[]> chosen = [];
            AddAll(hidden, [.. normed.Select(x => feedForward.Apply(layer, x, chosen))]);
            if (chosen.Count > 0)
            {
                experts.Add([.. chosen]);
            }
        }

        return hidden;
    }

    private double[] Score(double[] x)
    {
        double[] logits = Vectors.Multiply(_weights.Get(_spec.TieWordEmbeddings ? "EmbedTokens" : "LmHead"), Norm(x, "FinalNorm", 0));
        if (_spec.HasHeadBias)
        {
            Vectors.Add(logits, [.. _weights.Get("LmHeadBias").Select(b => (double)b)]);
        }

        return [.. logits.Select(v => v * _spec.Multipliers.Logits)];
    }

    private double[] Norm(double[] x, string name, int layer) =>
        _spec.Norm.IsLayerNorm
            ? Vectors.LayerNorm(x, _weights.Get(name, layer), _weights.Get(name + "Bias", layer), _spec.Norm.Epsilon)
            : Vectors.RmsNorm(x, _weights.Get(name, layer), _spec.Norm.Epsilon);

    private void AddAll(double[][] hidden, double[][] outputs)
    {
        for (int t = 0; t < hidden.Length; t++)
        {
            Vectors.Add(hidden[t], outputs[t], _spec.Multipliers.Residual);
        }
    }
}
