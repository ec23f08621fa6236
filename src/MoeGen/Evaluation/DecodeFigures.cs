using MoeGen.Experts;

namespace MoeGen.Evaluation;

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
