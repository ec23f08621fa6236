using MoeGen.Evaluation;
using MoeGen.Weights;

namespace MoeGen.Cli.Evaluation;

/// <summary>What an evaluation has found of one method, the exact model among them.</summary>
/// <param name="Method">What users call it.</param>
/// <param name="IsExact">Whether every token gets the experts that its router chose, and weights, keys and values are held without rounding.</param>
/// <param name="Memory">What the model held.</param>
/// <param name="Domains">Text by text.</param>
/// <param name="All">All texts together.</param>
internal sealed record MethodResult(
    string Method, bool IsExact, MemoryPlan Memory, IReadOnlyList<DomainQuality> Domains, DomainQuality All)
{
    /// <summary>How matrices were held.</summary>
    public required WeightFormat Format { get; init; }

    /// <summary>Its decode steps; null: it ran in chunks, as the exact model does that the others are compared with.</summary>
    public DecodeFigures? Decode { get; init; }

    /// <summary>The most memory of the process while it ran; null: the system does not say so of a part of a run.</summary>
    public long? PeakBytes { get; init; }
}
