using MoeGen.Experts;

namespace MoeGen.Cli.Evaluation;

/// <summary>What an evaluation has found of one method, the exact model among them.</summary>
/// <param name="Method">What users call it.</param>
/// <param name="IsExact">Whether every token gets the experts that its router chose.</param>
/// <param name="Memory">What the model held.</param>
/// <param name="Domains">Text by text.</param>
/// <param name="All">All texts together.</param>
internal sealed record MethodResult(
    string Method, bool IsExact, MemoryPlan Memory, IReadOnlyList<DomainQuality> Domains, DomainQuality All)
{
    /// <summary>Its decode steps; null: it ran in chunks, as the exact model does that the others are compared with.</summary>
    public DecodeFigures? Decode { get; init; }

    /// <summary>The most memory of the process while it ran; null: the system does not say so of a part of a run.</summary>
    public long? PeakBytes { get; init; }
}

/// <summary>What teacher-forced decode steps took. Prompts, and comparing the logits between two steps, are not counted.</summary>
/// <param name="NumSteps">Steps.</param>
/// <param name="TokensPerSecond">Steps by the time of all.</param>
/// <param name="TpotMs">Time of a step, median.</param>
/// <param name="TpotP95Ms">95th percentile of it.</param>
/// <param name="Experts">What the expert cache did in them.</param>
internal sealed record DecodeFigures(
    int NumSteps, double TokensPerSecond, double TpotMs, double TpotP95Ms, OffloadingStatistics Experts)
{
    /// <summary>Bytes of experts read for a step.</summary>
    public double BytesReadPerToken => NumSteps == 0 ? 0 : Experts.BytesRead / (double)NumSteps;
}
