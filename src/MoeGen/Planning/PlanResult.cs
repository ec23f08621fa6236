using MoeGen.Experts.Selection.VirtualExperts;

namespace MoeGen.Planning;

/// <summary>A plan, and what it rests on.</summary>
internal sealed record PlanResult
{
    /// <summary>The plan, with what is predicted of it.</summary>
    public required SwapPlan Plan { get; init; }

    /// <summary>What it chose from.</summary>
    public required PlanSpace Space { get; init; }

    /// <summary>What one expert costs here.</summary>
    public required ExpertProfile Profile { get; init; }

    /// <summary>What updates cost.</summary>
    public required UpdateSweep Sweep { get; init; }

    /// <summary>How far the quality model is off.</summary>
    public required HeldOutError Error { get; init; }

    /// <summary>Runs that it learnt from.</summary>
    public required IReadOnlyList<SwapRun> Runs { get; init; }

    /// <summary>The plan on the texts that it was made with.</summary>
    public required SwapRun Fitted { get; init; }

    /// <summary>The plan on texts that it has not seen; null: was not asked for.</summary>
    public SwapRun? Planned { get; init; }

    /// <summary>An even allocation of as many Virtual Experts on the same texts; null: was not asked for.</summary>
    public SwapRun? Even { get; init; }
}
