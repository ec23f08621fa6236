namespace MoeGen.Kernels;

/// <summary>
/// Angular frequencies of rotary positions, computed once at load in double precision, and the factor on cosine and sine.
/// Reference: transformers <c>modeling_rope_utils</c>.
/// </summary>
/// <param name="Frequencies">Radians per position of each pair, [rotated dimensions / 2].</param>
/// <param name="AttentionFactor">Cosine and sine are multiplied by it.</param>
public sealed record RopeFrequencies(IReadOnlyList<double> Frequencies, double AttentionFactor)
{
    /// <summary><c>theta^(-2i/d)</c> (RoFormer, arXiv 2104.09864).</summary>
    /// <param name="headDim">Rotated elements of a head, <c>d</c>; even.</param>
    /// <param name="theta">Base.</param>
    public static RopeFrequencies Default(int headDim, double theta) => new(Base(headDim, theta), 1);

    /// <summary>Position interpolation (arXiv 2306.15595): every frequency divided by the factor.</summary>
    /// <param name="headDim">Rotated elements of a head; even.</param>
    /// <param name="theta">Base.</param>
    /// <param name="factor">How many times longer the context becomes.</param>
    public static RopeFrequencies Linear(int headDim, double theta, double factor) =>
        new([.. Base(headDim, theta).Select(frequency => frequency / factor)], 1);

    /// <summary>Llama 3.1: waves longer than the old context are divided by the factor, short ones kept, a linear blend between.</summary>
    /// <param name="headDim">Rotated elements of a head; even.</param>
    /// <param name="theta">Base.</param>
    /// <param name="factor">Divisor of the long waves.</param>
    /// <param name="lowFrequencyFactor">Waves longer than the old context divided by this are long.</param>
    /// <param name="highFrequencyFactor">Waves shorter than the old context divided by this are short.</param>
    /// <param name="originalMaxPositions">The old context.</param>
    public static RopeFrequencies Llama3(
        int headDim, double theta, double factor, double lowFrequencyFactor, double highFrequencyFactor, int originalMaxPositions)
    {
        double Stretch(double frequency)
        {
            double wavelength = 2 * Math.PI / frequency;
            double smooth = ((originalMaxPositions / wavelength) - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
            smooth = Math.Clamp(smooth, 0, 1);
            return ((1 - smooth) * frequency / factor) + (smooth * frequency);
        }

        return new([.. Base(headDim, theta).Select(Stretch)], 1);
    }

    /// <summary>
    /// YaRN (arXiv 2309.00071): frequencies that turn often within the old context are kept, slow ones divided, a ramp between.
    /// </summary>
    /// <param name="headDim">Rotated elements of a head; even.</param>
    /// <param name="theta">Base.</param>
    /// <param name="factor">Divisor of the slow frequencies.</param>
    /// <param name="originalMaxPositions">The old context.</param>
    /// <param name="betaFast">Turns within the old context above which a frequency is kept.</param>
    /// <param name="betaSlow">Turns within the old context below which a frequency is divided.</param>
    /// <param name="attentionFactor">Factor on cosine and sine.</param>
    /// <param name="truncate">The ramp's ends are rounded to whole dimensions.</param>
    public static RopeFrequencies Yarn(
        int headDim, double theta, double factor, int originalMaxPositions, double betaFast, double betaSlow, double attentionFactor,
        bool truncate)
    {
        // the dimension whose frequency makes so many turns within the old context
        double DimensionOf(double turns) => headDim * Math.Log(originalMaxPositions / (turns * 2 * Math.PI)) / (2 * Math.Log(theta));

        double low = DimensionOf(betaFast), high = DimensionOf(betaSlow);
        if (truncate)
        {
            (low, high) = (Math.Floor(low), Math.Ceiling(high));
        }

        low = Math.Max(low, 0);
        high = Math.Min(high, headDim - 1);
        if (low == high)
        {
            // the reference's guard against a ramp of no length
            high += 0.001;
        }

        double Stretch(double frequency, int pair)
        {
            double divided = Math.Clamp((pair - low) / (high - low), 0, 1);
            return (frequency / factor * divided) + (frequency * (1 - divided));
        }

        return new([.. Base(headDim, theta).Select(Stretch)], attentionFactor);
    }

    private static IReadOnlyList<double> Base(int headDim, double theta) =>
        [.. Enumerable.Range(0, headDim / 2).Select(pair => Math.Pow(theta, -2.0 * pair / headDim))];
}
