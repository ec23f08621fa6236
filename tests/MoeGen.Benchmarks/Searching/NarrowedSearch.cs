using MoeGen.Benchmarks.Setup;
using MoeGen.Benchmarks.Simulating;
using MoeGen.Experts.Prefetch;
using MoeGen.Experts.Prefetch.ExpertMaps;
using MoeGen.Traces;

namespace MoeGen.Benchmarks.Searching;

/// <summary>What a search of the likely maps finds, beside a search of all.</summary>
/// <param name="ExactScore">Mean cosine of the best of all maps.</param>
/// <param name="FoundScore">Mean cosine of the map that was found.</param>
/// <param name="SameShare">Share of the searches that found the best of all, or one as like.</param>
internal sealed record FoundMaps(double ExactScore, double FoundScore, double SameShare);

/// <summary>
/// Searches a large store of real maps, those of the demo model for the texts, with the tokens of other parts of the texts: once looking at
/// all maps, once narrowing down.
/// </summary>
internal sealed class NarrowedSearch(MoegenTool tool, WorkFolder work, IReadOnlyList<string> texts)
{
    private const int PartsPerText = 12;
    private const int PromptTokens = 250;
    private const int QueryDistance = 7; // one token in so many of the last sequences is searched for
    private const int Limit = ExpertMapOptions.DefaultExactSearchLimit;

    private readonly List<(double Exact, double Found)> _semantic = [];
    private readonly List<(double Exact, double Found)> _trajectory = [];

    /// <summary>Maps in the store.</summary>
    public int NumMaps { get; private set; }

    /// <summary>Tokens that were searched for.</summary>
    public int NumQueries => _semantic.Count;

    /// <summary>By the embedding.</summary>
    public FoundMaps Semantic => Summarise(_semantic);

    /// <summary>By all layers but the last, narrowed layer by layer.</summary>
    public FoundMaps Trajectory => Summarise(_trajectory);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        string text = work["texts.txt"], path = work["trace.safetensors"];
        File.WriteAllText(text, MixedText.Of([.. texts.Select(File.ReadAllText)], PartsPerText));
        await tool.RunAsync(
            [
                "trace", "demo", "-o", path, "--text", text, "--sequences", $"{PartsPerText * texts.Count}",
                "--prompt-tokens", $"{PromptTokens}", "--tokens", "0",
            ],
            cancellationToken);
        using ActivationTrace trace = ActivationTrace.Open(path);
        PrefetchSetup setup = new(trace.Info.Grid, trace.Info.HiddenSize, trace.Info.Fingerprint);
        using ExpertMapStore store = new(setup, trace.NumTokens);
        TraceReader reader = trace.CreateReader();
        TracePass pass = new(trace.Info);
        Searches? searches = null;
        for (int i = 0; i < trace.Passes.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            reader.Read(i, pass);
            bool isQuery = trace.Passes[i].Sequence >= trace.NumSequences * (PartsPerText - 1) / PartsPerText;
            if (isQuery)
            {
                searches ??= new Searches(store);
            }

            for (int token = 0; token < pass.NumTokens; token++)
            {
                ReadOnlySpan<float> embedding = pass.Embeddings.Slice(token * setup.HiddenSize, setup.HiddenSize);
                ReadOnlySpan<float> map = pass.Probabilities.Slice(token * setup.Grid.Count, setup.Grid.Count);
                if (!isQuery)
                {
                    store.Put(store.Count, embedding, map);
                }
                else if (token % QueryDistance == 0)
                {
                    _semantic.Add(searches!.Embedding(embedding));
                    _trajectory.Add(searches.Layers(map));
                }
            }
        }

        NumMaps = store.Count;
    }

    private static FoundMaps Summarise(List<(double Exact, double Found)> scores) => new(
        scores.Average(score => score.Exact),
        scores.Average(score => score.Found),
        scores.Count(score => score.Found == score.Exact) / (double)scores.Count);

    private sealed class Searches(ExpertMapStore store)
    {
        private readonly SemanticSearch _allEmbeddings = new(store, store.Capacity);
        private readonly SemanticSearch _likelyEmbeddings = new(store, Limit);
        private readonly TrajectorySearch _allTrajectories = new(store, store.Capacity);
        private readonly TrajectorySearch _likelyTrajectories = new(store, Limit);

        public (double Exact, double Found) Embedding(ReadOnlySpan<float> embedding) =>
            (_allEmbeddings.Find(embedding).Score, _likelyEmbeddings.Find(embedding).Score);

        public (double Exact, double Found) Layers(ReadOnlySpan<float> map) =>
            (Find(_allTrajectories, map), Find(_likelyTrajectories, map));

        private double Find(TrajectorySearch search, ReadOnlySpan<float> map)
        {
            int experts = store.Setup.Grid.NumExperts;
            search.Reset();
            for (int layer = 0; layer < store.Setup.Grid.NumLayers - 1; layer++)
            {
                search.Add(layer, map.Slice(layer * experts, experts));
            }

            return search.Find().Score;
        }
    }
}
