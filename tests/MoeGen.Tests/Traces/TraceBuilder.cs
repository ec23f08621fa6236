using MoeGen.Experts;
using MoeGen.Testing;
using MoeGen.Traces;

namespace MoeGen.Tests.Traces;

/// <summary>
/// Makes traces by hand. A token is a text with its choices layer by layer, <c>"0 1|2 3"</c>: experts 0 and 1 in the first layer, 2 and 3
/// in the second. Chosen experts share the probability equally; the predictions of the next layer are right.
/// </summary>
internal sealed class TraceBuilder : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TraceWriter _writer;
    private readonly TracePass _pass;
    private int _sequence = -1;

    public TraceBuilder(int numLayers, int numExperts, int topK, long expertBytes = 1000, long denseBytes = 0)
    {
        ExpertGrid grid = new(numLayers, numExperts, topK);
        Info = new TraceInfo("made", "0123456789abcdef", grid, HiddenSize: numExperts + 1, expertBytes, denseBytes);
        _writer = new TraceWriter(Path, Info);
        _pass = new TracePass(Info);
    }

    public TraceInfo Info { get; }

    public string Path => _folder["trace.safetensors"];

    /// <summary>A sequence that begins with a prompt, in one chunk.</summary>
    public TraceBuilder Prompt(params string[] tokens)
    {
        _sequence++;
        return Chunk(tokens);
    }

    /// <summary>A further chunk of the prompt.</summary>
    public TraceBuilder Chunk(params string[] tokens) => Add(tokens, isPrompt: true);

    /// <summary>Decoded tokens.</summary>
    public TraceBuilder Decode(params string[] tokens)
    {
        foreach (string token in tokens)
        {
            Add([token], isPrompt: false);
        }

        return this;
    }

    /// <summary>Sequences of a prompt and decoded tokens that choose at random, some experts more often than others.</summary>
    public TraceBuilder Random(int seed, int numSequences, int promptTokens, int decodedTokens)
    {
        Random random = new(seed);
        for (int sequence = 0; sequence < numSequences; sequence++)
        {
            Prompt([.. Enumerable.Range(0, promptTokens).Select(_ => Choose(random))]);
            Decode([.. Enumerable.Range(0, decodedTokens).Select(_ => Choose(random))]);
        }

        return this;
    }

    public ActivationTrace Open(bool hasNext = true)
    {
        _writer.Commit(hasNext, CancellationToken.None);
        return ActivationTrace.Open(Path);
    }

    public void Dispose()
    {
        _writer.Dispose();
        _folder.Dispose();
    }

    private string Choose(Random random) =>
        string.Join('|', Enumerable.Range(0, Info.Grid.NumLayers).Select(_ => string.Join(' ', ChooseExperts(random))));

    private HashSet<int> ChooseExperts(Random random)
    {
        HashSet<int> experts = [];
        while (experts.Count < Info.Grid.TopK)
        {
            experts.Add((int)(Math.Pow(random.NextDouble(), 2) * Info.Grid.NumExperts));
        }

        return experts;
    }

    private TraceBuilder Add(string[] tokens, bool isPrompt)
    {
        _pass.Begin(tokens.Length);
        _pass.Sequence = _sequence;
        _pass.IsPrompt = isPrompt;
        for (int token = 0; token < tokens.Length; token++)
        {
            _pass.Tokens[token] = token;
            Fill(token, tokens[token]);
        }

        _writer.Append(_pass);
        return this;
    }

    private void Fill(int token, string choices)
    {
        string[] layers = choices.Split('|');
        _pass.EmbeddingOf(token).Clear();
        _pass.EmbeddingOf(token)[0] = 1;
        for (int layer = 0; layer < layers.Length; layer++)
        {
            int[] experts = [.. layers[layer].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
            experts.CopyTo(_pass.ExpertsOf(token, layer));
            foreach (int expert in experts.Where(expert => expert >= 0))
            {
                _pass.ProbabilitiesOf(token, layer)[expert] = 1f / experts.Length;
            }

            if (layer > 0)
            {
                _pass.ProbabilitiesOf(token, layer).CopyTo(_pass.NextProbabilitiesOf(token, layer - 1));
            }

            // tokens that choose alike are alike
            foreach (int expert in experts.Where(expert => expert >= 0))
            {
                _pass.EmbeddingOf(token)[1 + expert] += layer + 1;
            }
        }
    }
}
