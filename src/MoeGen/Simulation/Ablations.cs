using MoeGen.Experts.Eviction;
using MoeGen.Experts.Prefetch.ExpertMaps;

namespace MoeGen.Simulation;

/// <summary>FineMoE without some of its parts, and as its paper has it to the letter: what each part is worth (arXiv 2502.05370, section 6.6).</summary>
internal static class Ablations
{
    /// <summary>The variants, by name.</summary>
    public static IReadOnlyList<Offloading> All { get; } =
    [
        // only what the paper says: p is what the last match said, frequency is that of the run, d = 3
        Variant("finemoe-paper", new ExpertMapOptions
        {
            PrefetchDistance = 3,
            RoutedDecay = null,
            ExpectsAllLayersAhead = false,
            ProbabilityReset = ProbabilityReset.EverySequence,
            Frequency = ExpertFrequency.WholeRun,
        }),
        Variant("finemoe-t", new ExpertMapOptions { UsesSemanticSearch = false, UsesDelta = false }),
        Variant("finemoe-ts", new ExpertMapOptions { UsesDelta = false }),
        Variant("finemoe-no-search", new ExpertMapOptions { UsesSemanticSearch = false, UsesTrajectorySearch = false }),
        Variant("finemoe-no-average", new ExpertMapOptions { RoutedDecay = null }),
        Variant("finemoe-lfu", new ExpertMapOptions { EvictsByProbability = false }),
        Offloading.FineMoE() with { Name = "finemoe-lru", CreateEviction = _ => new LruEviction() },
    ];

    private static Offloading Variant(string name, ExpertMapOptions options) => Offloading.FineMoE(options) with { Name = name };
}
