namespace MoeGen.Generator.Spec;

/// <summary>
/// Rotary position embedding: which elements of a head turn, by which frequencies and, in the derived records, how these are stretched
/// to longer contexts. Immutable, value-equal; adding a member must keep both. Parameter names as in <c>rope_scaling</c> of config.json.
/// </summary>
/// <param name="Theta">Base of the frequencies.</param>
internal abstract record RopeSpec(double Theta)
{
    /// <summary>Elements of a head that turn; even.</summary>
    public int Dim { get; init; }

    /// <summary>Neighbouring elements make a pair; otherwise those half of the elements apart.</summary>
    public bool IsInterleaved { get; init; }
}

/// <summary>No rotary positions in any layer.</summary>
internal sealed record NoRopeSpec() : RopeSpec(1);

/// <summary>Frequencies <c>theta^(-2i/d)</c>.</summary>
internal sealed record DefaultRopeSpec(double Theta) : RopeSpec(Theta);

/// <summary>All frequencies divided by <paramref name="Factor"/> (position interpolation).</summary>
internal sealed record LinearRopeSpec(double Theta, double Factor) : RopeSpec(Theta);

/// <summary>A base that grows with the text once it is longer than the original context (dynamic NTK).</summary>
internal sealed record DynamicRopeSpec(double Theta, double Factor, int OriginalMaxPositions) : RopeSpec(Theta);

/// <summary>Low frequencies divided by the factor, high ones kept, a ramp between (Llama 3.1).</summary>
internal sealed record Llama3RopeSpec(
    double Theta, double Factor, double LowFrequencyFactor, double HighFrequencyFactor, int OriginalMaxPositions)
    : RopeSpec(Theta);

/// <summary>YaRN (arXiv 2309.00071): a ramp over the dimensions, and cos/sin scaled by the attention factor.</summary>
internal sealed record YarnRopeSpec(
    double Theta, double Factor, int OriginalMaxPositions, double BetaFast, double BetaSlow, double AttentionFactor, bool Truncate)
    : RopeSpec(Theta);

/// <summary>
/// LongRoPE (arXiv 2402.13753): a factor for every frequency, another set of them once the text is longer than the original context.
/// </summary>
/// <param name="Theta">Base of the frequencies.</param>
/// <param name="ShortFactors">Divisors of short texts; empty: the config does not say, and the model cannot run.</param>
/// <param name="LongFactors">Divisors of long texts; empty: as above.</param>
/// <param name="OriginalMaxPositions">Longest text, in tokens, that the short factors hold for.</param>
/// <param name="ShortScale">Factor on cos and sin for short texts.</param>
/// <param name="LongScale">Factor on cos and sin for long texts.</param>
internal sealed record LongRopeSpec(
    double Theta, EquatableArray<double> ShortFactors, EquatableArray<double> LongFactors, int OriginalMaxPositions, double ShortScale,
    double LongScale)
    : RopeSpec(Theta);
