namespace MoeGen.Generator.Spec;

/// <summary>
/// Rotary position embedding: base frequency and, in the derived records, how it is stretched to longer contexts.
/// Immutable, value-equal; adding a member must keep both. Parameter names as in <c>rope_scaling</c> of config.json.
/// </summary>
internal abstract record RopeSpec(double Theta);

/// <summary>Frequencies <c>theta^(-2i/d)</c>.</summary>
internal sealed record DefaultRopeSpec(double Theta) : RopeSpec(Theta);

/// <summary>All frequencies divided by <paramref name="Factor"/> (position interpolation).</summary>
internal sealed record LinearRopeSpec(double Theta, double Factor) : RopeSpec(Theta);

/// <summary>Low frequencies divided by the factor, high ones kept, a ramp between (Llama 3.1).</summary>
internal sealed record Llama3RopeSpec(
    double Theta, double Factor, double LowFrequencyFactor, double HighFrequencyFactor, int OriginalMaxPositions)
    : RopeSpec(Theta);

/// <summary>YaRN (arXiv 2309.00071): a ramp over the dimensions, and cos/sin scaled by the attention factor.</summary>
internal sealed record YarnRopeSpec(
    double Theta, double Factor, int OriginalMaxPositions, double BetaFast, double BetaSlow, double AttentionFactor, bool Truncate)
    : RopeSpec(Theta);
