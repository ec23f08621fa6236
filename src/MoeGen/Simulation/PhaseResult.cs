namespace MoeGen.Simulation;

/// <summary>What all prompts, or all decoded tokens, have come to.</summary>
internal sealed record PhaseResult
{
    /// <summary>Passes: chunks of prompts, or decoded tokens.</summary>
    public required long Passes { get; init; }

    /// <summary>Tokens of the passes.</summary>
    public required long Tokens { get; init; }

    /// <summary>Uses of experts, and the bytes that were read meanwhile.</summary>
    public required UseCounts Counts { get; init; }

    /// <summary>Virtual time of the passes, in nanoseconds.</summary>
    public required long TimeNs { get; init; }

    /// <summary>
    /// Of this, time in which no device could go on, because experts were missing: what the layers took longer than computing does.
    /// </summary>
    public required long StallNs { get; init; }

    /// <summary>All uses of experts.</summary>
    public long Uses => Counts.Hits + Counts.LateHits + Counts.Misses;

    /// <summary>Share of hits among the uses; 0 without any.</summary>
    public double HitRate => Share(Counts.Hits, Uses);

    /// <summary>Share of late hits among the uses.</summary>
    public double LateRate => Share(Counts.LateHits, Uses);

    /// <summary>Share of misses among the uses.</summary>
    public double MissRate => Share(Counts.Misses, Uses);

    /// <summary>Share of the time that was waited.</summary>
    public double StallShare => Share(StallNs, TimeNs);

    /// <summary>Bytes read for each token.</summary>
    public double BytesPerToken => Share(Counts.DemandBytes + Counts.PrefetchBytes, Tokens);

    /// <summary>Tokens in a second of virtual time.</summary>
    public double TokensPerSecond => Share(Tokens, TimeNs) * 1e9;

    private static double Share(double part, double whole) => whole == 0 ? 0 : part / whole;
}
