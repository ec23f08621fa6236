using System.Text.Json;
using MoeGen.Experts.Eviction;
using MoeGen.Experts.Prefetch;
using MoeGen.Simulation;
using MoeGen.Traces;

namespace MoeGen.Tests.Simulation;

/// <summary>Simulations on a machine whose times are easily added up.</summary>
internal static class SimulationCase
{
    /// <summary>
    /// A byte takes 1 ns on the link, 0.1 ns to compute, a layer 50 ns, a pass 20 ns, everything else nothing: an expert of 1000 bytes
    /// arrives after 1000 ns and computes for 100.
    /// </summary>
    public static HardwareProfile Machine { get; } = new()
    {
        Name = "made",
        LinkBytesPerSecond = 1e9,
        LinkLatencyUs = 0,
        PiecesInFlight = 1,
        PieceBytes = 1000,
        ComputeBytesPerSecond = 1e10,
        BalancedTokens = 1e9,
        ExpertUs = 0,
        LayerUs = 0.05,
        PassUs = 0.02,
        PrefetchUs = 0,
        Devices = 1,
    };

    public static SimulationPolicy Policy(IEviction eviction, Func<IPrefetch>? prefetch = null) => new()
    {
        Name = eviction.Name,
        CreateEviction = _ => eviction,
        CreatePrefetch = _ => prefetch?.Invoke(),
    };

    public static SimulationPolicy Named(string name) =>
        SimulationPolicy.TryParse(name, out SimulationPolicy? policy) ? policy : throw new ArgumentException(name);

    /// <summary>All of a result, for comparison.</summary>
    public static string Text(SimulationResult result) => JsonSerializer.Serialize(result);

    public static SimulationResult Run(
        ActivationTrace trace, SimulationPolicy policy, int numSlots, HardwareProfile? hardware = null, int trainSequences = 0) =>
        Simulator.Run(
            new SimulationSetup
            {
                Trace = trace,
                Future = TraceFuture.Of(trace, CancellationToken.None),
                Policy = policy,
                Hardware = hardware ?? Machine,
                NumSlots = numSlots,
                ExpertBytes = trace.Info.ExpertBytes,
                TrainSequences = trainSequences,
            },
            CancellationToken.None);
}

/// <summary>An eviction whose rule is a function.</summary>
internal sealed class RuleEviction(string name, Func<int, ExpertUsage, double> value) : IEviction
{
    public string Name => name;

    public double KeepValue(int key, ExpertUsage usage, in EvictionMoment moment) => value(key, usage);

    public static RuleEviction Lru() => new("lru", (key, usage) => usage.LastUse[key]);

    public static RuleEviction Mru() => new("mru", (key, usage) => -usage.LastUse[key]);

    public static RuleEviction Lfu() => new("lfu", (key, usage) => usage.Uses[key]);

    public static RuleEviction Probable() => new("probable", (key, usage) => usage.Probability[key]);
}
