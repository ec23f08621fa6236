namespace MoeGen.Experts.Prefetch;

/// <summary>What a prefetcher needs to know of the model that it works for.</summary>
/// <param name="Grid">Its experts.</param>
/// <param name="HiddenSize">Width of its residual stream, elements.</param>
/// <param name="Fingerprint">Fingerprint of its spec (<see cref="ModelInfo.Fingerprint"/>).</param>
public sealed record PrefetchSetup(ExpertGrid Grid, int HiddenSize, string Fingerprint)
{
    /// <summary>Most sequences of a pass (<see cref="MoeOptions.MaxBatch"/>).</summary>
    public int MaxSequences { get; init; } = 1;
}
