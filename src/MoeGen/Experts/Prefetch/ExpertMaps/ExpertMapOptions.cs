using MoeGen.Experts.Eviction;

namespace MoeGen.Experts.Prefetch.ExpertMaps;

/// <summary>What happens to the store while the model runs.</summary>
public enum ExpertMapMode
{
    /// <summary>Every pass adds its maps.</summary>
    Online,

    /// <summary>The store of a file is read and stays as it is.</summary>
    Offline,
}

/// <summary>Which embedding stands for a pass of several tokens.</summary>
public enum PromptEmbedding
{
    /// <summary>That of the last token.</summary>
    LastToken,

    /// <summary>The mean over the tokens of the pass.</summary>
    MeanPool,

    /// <summary>Each token's own, as many as are kept; what is expected of each is merged.</summary>
    PerToken,
}

/// <summary>When the expected probabilities of all experts go back to 1 / experts.</summary>
public enum ProbabilityReset
{
    /// <summary>With the first pass of every sequence, as in FineMoE's second code.</summary>
    EverySequence,

    /// <summary>With every pass.</summary>
    EveryPass,

    /// <summary>Never: what was expected last holds.</summary>
    Never,
}

/// <summary>The choices of FineMoE (arXiv 2502.05370) and, where paper and code leave them open or disagree, what to do.</summary>
public sealed record ExpertMapOptions
{
    /// <summary>Capacity when nothing else is said: where the paper sees the similarity level off.</summary>
    public const int DefaultCapacity = 1000;

    /// <summary>Tokens of a prompt that are kept when nothing else is said: the end of a prompt is most like what follows it.</summary>
    public const int DefaultPromptRows = 32;

    /// <summary>Maps up to which a search looks at all of them when nothing else is said (docs/expert-maps.md has what that costs).</summary>
    public const int DefaultExactSearchLimit = 2048;

    // the paper has 3 to 6 for a GPU that gets experts in milliseconds; a disk delivers less than an expert while a layer computes
    private const int DefaultDistance = 1;

    /// <summary>Most maps in the store.</summary>
    public int Capacity { get; init; } = DefaultCapacity;

    /// <summary>
    /// Maps up to which a search looks at all of them. In a larger store it looks at the likely ones: those whose embeddings have the most
    /// similar sketches, and of trajectories with each layer the best quarter.
    /// </summary>
    public int ExactSearchLimit { get; init; } = DefaultExactSearchLimit;

    /// <summary>Layers between the one just routed and the one to load for (d); null: 1.</summary>
    public int? PrefetchDistance { get; init; }

    /// <summary>Whether the store grows while the model runs.</summary>
    public ExpertMapMode Mode { get; init; }

    /// <summary>
    /// File of the store, read at load if it is there (<see cref="ExpertMapMode.Offline"/>: it must be) and written when the model is
    /// disposed (<see cref="ExpertMapMode.Online"/>); null: the store is forgotten.
    /// </summary>
    public string? StorePath { get; init; }

    /// <summary>Whether embeddings serve the first layers; no: nothing is expected of them (the paper's ablation T).</summary>
    public bool UsesSemanticSearch { get; init; } = true;

    /// <summary>Whether what has been routed serves the layers behind the first ones.</summary>
    public bool UsesTrajectorySearch { get; init; } = true;

    /// <summary>
    /// Whether the less a match is like the pass, the more experts are loaded; no: as many as a token chooses (the paper's ablation T+S).
    /// </summary>
    public bool UsesDelta { get; init; } = true;

    /// <summary>Which embedding stands for a pass of several tokens.</summary>
    public PromptEmbedding PromptEmbedding { get; init; }

    /// <summary>Whether a prompt's passes load ahead for the first layers.</summary>
    public bool PrefetchesForPrompts { get; init; } = true;

    /// <summary>Whether a prompt's passes load ahead for the other layers, too, by the routing of the last token.</summary>
    public bool UsesPromptTrajectories { get; init; }

    /// <summary>Tokens of a prompt's pass that are kept, the last ones: each becomes a map of the store.</summary>
    public int PromptRows { get; init; } = DefaultPromptRows;

    /// <summary>What is less probable is not loaded ahead, though it counts for evictions; 0: everything selected is.</summary>
    public float MinProbability { get; init; }

    /// <summary>When what was expected is forgotten.</summary>
    public ProbabilityReset ProbabilityReset { get; init; } = ProbabilityReset.Never;

    /// <summary>
    /// Weight of the past in a running average of what each layer's router says, which is expected of the layer from then on until a search
    /// expects more; 0: the last token alone; null: what has been routed is expected no further.
    /// </summary>
    /// <remarks>
    /// Our reading: paper and code do not say what p is for layers that no search of this pass covers. A single neighbour's map used alone
    /// condemns experts that the text goes on to use (docs/offloading.md, ablations).
    /// </remarks>
    public float? RoutedDecay { get; init; } = 0.9f;

    /// <summary>
    /// Whether a match says how probable the experts of all layers ahead are, for evictions; no: of the layers alone that it is searched for.
    /// What is loaded ahead are those in both cases.
    /// </summary>
    public bool ExpectsAllLayersAhead { get; init; } = true;

    /// <summary>What counts as frequency when something has to go.</summary>
    public ExpertFrequency Frequency { get; init; } = ExpertFrequency.ThisSequence;

    /// <summary>Whether predictions count when something has to go; no: frequency alone.</summary>
    public bool EvictsByProbability { get; init; } = true;

    internal int DistanceFor(ExpertGrid grid) =>
        Math.Min(PrefetchDistance ?? DefaultDistance, grid.NumLayers);

    /// <summary>Refuses options that make no sense.</summary>
    /// <exception cref="ArgumentException">A value is out of its range, or offline mode has no file.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Capacity, 1, nameof(Capacity));
        ArgumentOutOfRangeException.ThrowIfLessThan(ExactSearchLimit, 1, nameof(ExactSearchLimit));
        ArgumentOutOfRangeException.ThrowIfLessThan(PrefetchDistance ?? 1, 1, nameof(PrefetchDistance));
        ArgumentOutOfRangeException.ThrowIfLessThan(PromptRows, 1, nameof(PromptRows));
        if (RoutedDecay is not (null or (>= 0 and < 1)))
        {
            throw new ArgumentOutOfRangeException(
                nameof(RoutedDecay), RoutedDecay, $"{nameof(RoutedDecay)} is {RoutedDecay}; expected 0 up to 1, or null.");
        }

        if (!(MinProbability is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(MinProbability), MinProbability, $"{nameof(MinProbability)} is {MinProbability}; expected 0 to 1.");
        }

        if (Mode == ExpertMapMode.Offline && StorePath is null)
        {
            throw new ArgumentException(
                "Mode is Offline but StorePath is null; expected the file of a store that a run with Mode = Online has written.");
        }
    }
}
