using MoeGen.Experts;

namespace MoeGen.Planning;

/// <summary>What a run under a configuration has shown.</summary>
/// <param name="Sample">Configuration and quality.</param>
/// <param name="TpotMs">Median time of a decoded token.</param>
/// <param name="Memory">The memory that the model held.</param>
/// <param name="Statistics">What its cache did.</param>
internal sealed record SwapRun(QualitySample Sample, double TpotMs, MemoryPlan Memory, OffloadingStatistics Statistics);
