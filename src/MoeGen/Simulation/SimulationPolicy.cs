using System.Diagnostics.CodeAnalysis;
using MoeGen.Experts.Eviction;
using MoeGen.Experts.Prefetch;

namespace MoeGen.Simulation;

/// <summary>
/// What a simulation runs: an offloading policy, or one of the bounds that only a simulation has: the best eviction (belady), and the same
/// with a prefetcher that knows what will be chosen (oracle).
/// </summary>
internal sealed record SimulationPolicy
{
    private static readonly SimulationPolicy[] s_bounds =
    [
        new()
        {
            Name = "belady",
            KnowsFuture = true,
            CreateEviction = setup => new BeladyEviction(setup.Grid, setup.Future.Value),
        },
        new()
        {
            Name = "oracle",
            KnowsFuture = true,
            CreateEviction = setup => new BeladyEviction(setup.Grid, setup.Future.Value),
            CreatePrefetch = setup => new OraclePrefetch(setup.Grid, setup.Trace.CreateReader()),
        },
    ];

    /// <summary>Names of all policies: the presets of <see cref="Offloading"/>, then the bounds.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Offloading.ExactNames, .. s_bounds.Select(bound => bound.Name)];

    /// <summary>Names of the variants of FineMoE, which are simulated when they are asked for.</summary>
    public static IReadOnlyList<string> AblationNames { get; } = [.. Ablations.All.Select(variant => variant.Name)];

    /// <summary>What users call it.</summary>
    public required string Name { get; init; }

    /// <summary>Whether all experts are in memory from the start, whatever the number of slots.</summary>
    public bool IsResident { get; init; }

    /// <summary>Whether it knows the trace: what it predicts costs no time.</summary>
    public bool KnowsFuture { get; init; }

    /// <summary>Makes the rule by which experts are given up; one for each device.</summary>
    public required Func<SimulationSetup, IEviction> CreateEviction { get; init; }

    /// <summary>Makes what loads experts ahead, or null for nothing.</summary>
    public Func<SimulationSetup, IPrefetch?> CreatePrefetch { get; init; } = _ => null;

    /// <summary>The policy of a real run.</summary>
    public static SimulationPolicy Of(Offloading offloading) => new()
    {
        Name = offloading.Name,
        IsResident = offloading.NeedsAllExperts,
        CreateEviction = setup => offloading.CreateEviction(setup.Grid),
        CreatePrefetch = setup =>
            offloading.CreatePrefetch(new PrefetchSetup(setup.Grid, setup.Trace.Info.HiddenSize, setup.Trace.Info.Fingerprint)),
    };

    /// <summary>Finds a policy with its defaults.</summary>
    /// <param name="name">One of <see cref="Names"/> or <see cref="AblationNames"/>.</param>
    /// <param name="policy">The policy; null where there is none of the name.</param>
    public static bool TryParse(string name, [NotNullWhen(true)] out SimulationPolicy? policy)
    {
        Offloading? found = Offloading.TryParse(name, out Offloading? preset) && preset.IsExact
            ? preset
            : Ablations.All.FirstOrDefault(variant => variant.Name == name);
        policy = found is not null ? Of(found) : Array.Find(s_bounds, bound => bound.Name == name);
        return policy is not null;
    }
}
