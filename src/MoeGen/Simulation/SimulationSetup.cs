using MoeGen.Experts;
using MoeGen.Traces;

namespace MoeGen.Simulation;

/// <summary>One simulation: a trace, a policy, a cache and a machine.</summary>
internal sealed record SimulationSetup
{
    /// <summary>The trace.</summary>
    public required ActivationTrace Trace { get; init; }

    /// <summary>The trace's future, for those that know it; made once for all simulations of the trace.</summary>
    public required Lazy<TraceFuture> Future { get; init; }

    /// <summary>What is kept and loaded ahead.</summary>
    public required SimulationPolicy Policy { get; init; }

    /// <summary>The machine.</summary>
    public required HardwareProfile Hardware { get; init; }

    /// <summary>Slots for experts, at least one for each device.</summary>
    public required int NumSlots { get; init; }

    /// <summary>Bytes of one expert: the trace's, or others to see how larger experts would do.</summary>
    public required long ExpertBytes { get; init; }

    /// <summary>
    /// Sequences at the beginning that only the prefetcher hears, before the simulation starts: what a store that was filled by other texts
    /// is worth.
    /// </summary>
    public int TrainSequences { get; init; }

    /// <summary>The experts.</summary>
    public ExpertGrid Grid => Trace.Info.Grid;
}
