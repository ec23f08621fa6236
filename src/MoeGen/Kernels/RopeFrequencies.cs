namespace MoeGen.Kernels;

/// <summary>
/// Angular frequencies of rotary positions in double precision, and the factor on cosine and sine. Some depend on how long the text is.
/// Reference: transformers <c>modeling_rope_utils</c>.
/// </summary>
/// <remarks>Immutable; asking for a frequency allocates nothing.</remarks>
public abstract class RopeFrequencies
{
    private protected RopeFrequencies(int rotaryDim)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rotaryDim);
        ArgumentOutOfRangeException.ThrowIfNotEqual(rotaryDim % 2, 0, nameof(rotaryDim));
        RotaryDim = rotaryDim;
    }

    /// <summary>Elements of a head that are rotated; even.</summary>
    public int RotaryDim { get; }

    /// <summary><c>theta^(-2i/d)</c> (RoFormer, arXiv 2104.09864).</summary>
    /// <param name="rotaryDim">Rotated elements of a head, <c>d</c>; even.</param>
    /// <param name="theta">Base.</param>
    public static RopeFrequencies Default(int rotaryDim, double theta) => new FixedRopeFrequencies(Base(rotaryDim, theta), 1);

    /// <summary>Position interpolation (arXiv 2306.15595): every frequency divided by the factor.</summary>
    /// <param name="rotaryDim">Rotated elements of a head; even.</param>
    /// <param name="theta">Base.</param>
    /// <param name="factor">How many times longer the context becomes.</param>
    public static RopeFrequencies Linear(int rotaryDim, double theta, double factor) =>
        new FixedRopeFrequencies([.. Base(rotaryDim, theta).Select(frequency => frequency / factor)], 1);

    /// <summary>Llama 3.1: waves longer than the old context are divided by the factor, short ones kept, a linear blend between.</summary>
    /// <param name="rotaryDim">Rotated elements of a head; even.</param>
    /// <param name="theta">Base.</param>
    /// <param name="factor">Divisor of the long waves.</param>
    /// <param name="lowFrequencyFactor">Waves longer than the old context divided by this are long.</param>
    /// <param name="highFrequencyFactor">Waves shorter than the old context divided by this are short.</param>
    /// <param name="originalMaxPositions">The old context.</param>
    public static RopeFrequencies Llama3(
        int rotaryDim, double theta, double factor, double lowFrequencyFactor, double highFrequencyFactor, int originalMaxPositions)
    {
        double Stretch(double frequency)
        {
            double wavelength = 2 * Math.PI / frequency;
            double smooth = ((originalMaxPositions / wavelength) - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
            smooth = Math.Clamp(smooth, 0, 1);
            return ((1 - smooth) * frequency / factor) + (smooth * frequency);
        }

        return new FixedRopeFrequencies([.. Base(rotaryDim, theta).Select(Stretch)], 1);
    }

    /// <summary>
    /// YaRN (arXiv 2309.00071): frequencies that turn often within the old context are kept, slow ones divided, a ramp between.
    /// </summary>
    /// <param name="rotaryDim">Rotated elements of a head; even.</param>
    /// <param name="theta">Base.</param>
    /// <param name="factor">Divisor of the slow frequencies.</param>
    /// <param name="originalMaxPositions">The old context.</param>
    /// <param name="betaFast">Turns within the old context above which a frequency is kept.</param>
    /// <param name="betaSlow">Turns within the old context below which a frequency is divided.</param>
    /// <param name="attentionFactor">Factor on cosine and sine.</param>
    /// <param name="truncate">The ramp's ends are rounded to whole dimensions.</param>
    public static RopeFrequencies Yarn(
        int rotaryDim, double theta, double factor, int originalMaxPositions, double betaFast, double betaSlow, double attentionFactor,
        bool truncate)
    {
        // the dimension whose frequency makes so many turns within the old context
        double DimensionOf(double turns) => rotaryDim * Math.Log(originalMaxPositions / (turns * 2 * Math.PI)) / (2 * Math.Log(theta));

        double low = DimensionOf(betaFast), high = DimensionOf(betaSlow);
        if (truncate)
        {
            (low, high) = (Math.Floor(low), Math.Ceiling(high));
        }

        low = Math.Max(low, 0);
        high = Math.Min(high, rotaryDim - 1);
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

        return new FixedRopeFrequencies([.. Base(rotaryDim, theta).Select(Stretch)], attentionFactor);
    }

    /// <summary>
    /// NTK-aware scaling that follows the text: above <paramref name="maxPositions"/> tokens the base becomes
    /// <c>theta * (factor * length / maxPositions - (factor - 1))^(d / (d - 2))</c>.
    /// </summary>
    /// <param name="rotaryDim">Rotated elements of a head; even, at least 4.</param>
    /// <param name="theta">Base up to <paramref name="maxPositions"/> tokens.</param>
    /// <param name="factor">How many times longer the context becomes.</param>
    /// <param name="maxPositions">The context up to which nothing changes.</param>
    /// <remarks>
    /// As in the reference, keys that are in the cache keep the frequencies of the time when they were computed: a text that is decoded
    /// beyond <paramref name="maxPositions"/> is not the same as one that is read at once.
    /// </remarks>
    public static RopeFrequencies Dynamic(int rotaryDim, double theta, double factor, int maxPositions) =>
        new DynamicRopeFrequencies(rotaryDim, theta, factor, maxPositions);

    /// <summary>
    /// LongRoPE (arXiv 2402.13753): <c>1 / (factor_i * theta^(2i/d))</c> with one set of factors for texts up to the old context and
    /// another one for longer texts.
    /// </summary>
    /// <param name="rotaryDim">Rotated elements of a head; even.</param>
    /// <param name="theta">Base.</param>
    /// <param name="shortFactors">Divisors up to <paramref name="originalMaxPositions"/> tokens, [rotaryDim / 2].</param>
    /// <param name="longFactors">Divisors above, [rotaryDim / 2].</param>
    /// <param name="originalMaxPositions">The old context.</param>
    /// <param name="shortScale">Factor on cosine and sine up to <paramref name="originalMaxPositions"/> tokens.</param>
    /// <param name="longScale">Factor on cosine and sine above.</param>
    /// <exception cref="ArgumentException">There are not as many factors as pairs.</exception>
    public static RopeFrequencies LongRope(
        int rotaryDim, double theta, double[] shortFactors, double[] longFactors, int originalMaxPositions, double shortScale,
        double longScale) =>
        new LongRopeFrequencies(
            rotaryDim, Divided(rotaryDim, theta, shortFactors), Divided(rotaryDim, theta, longFactors), originalMaxPositions, shortScale,
            longScale);

    /// <summary>Radians per position of a pair.</summary>
    /// <param name="pair">0-based pair.</param>
    /// <param name="length">Tokens of the whole text.</param>
    internal abstract double Frequency(int pair, int length);

    /// <summary>The factor on cosine and sine.</summary>
    /// <param name="length">Tokens of the whole text.</param>
    internal abstract double Scale(int length);

    private static double[] Base(int rotaryDim, double theta) =>
        [.. Enumerable.Range(0, rotaryDim / 2).Select(pair => Math.Pow(theta, -2.0 * pair / rotaryDim))];

    private static double[] Divided(int rotaryDim, double theta, double[] factors)
    {
        ArgumentNullException.ThrowIfNull(factors);
        if (factors.Length == 0)
        {
            // such a config still has a shape that can be inspected and compiled
            throw new MissingRopeFactorsException(rotaryDim / 2);
        }

        return factors.Length == rotaryDim / 2
            ? [.. Base(rotaryDim, theta).Zip(factors, (frequency, factor) => frequency / factor)]
            : throw new ArgumentException($"{factors.Length} factors; expected {rotaryDim / 2}, one for each pair", nameof(factors));
    }
}

/// <summary>The config leaves the factors of longrope open (null), and the model cannot run without them.</summary>
public sealed class MissingRopeFactorsException : MoeGenException
{
    internal MissingRopeFactorsException(int count)
        : base(
            $"rope_scaling.short_factor and long_factor of config.json were null when the model was generated; "
            + $"expected {count} numbers each. "
            + "Fill them in from the published config and build again.")
    {
    }
}

/// <summary>Frequencies that are the same for every text.</summary>
internal sealed class FixedRopeFrequencies(double[] frequencies, double scale) : RopeFrequencies(2 * frequencies.Length)
{
    internal override double Frequency(int pair, int length) => frequencies[pair];

    internal override double Scale(int length) => scale;
}

/// <inheritdoc cref="RopeFrequencies.Dynamic"/>
internal sealed class DynamicRopeFrequencies(int rotaryDim, double theta, double factor, int maxPositions) : RopeFrequencies(rotaryDim)
{
    internal override double Frequency(int pair, int length)
    {
        double stretch = length > maxPositions ? (factor * length / maxPositions) - (factor - 1) : 1;
        return Math.Pow(theta * Math.Pow(stretch, RotaryDim / (RotaryDim - 2.0)), -2.0 * pair / RotaryDim);
    }

    internal override double Scale(int length) => 1;
}

/// <inheritdoc cref="RopeFrequencies.LongRope"/>
internal sealed class LongRopeFrequencies(
    int rotaryDim, double[] shortFrequencies, double[] longFrequencies, int originalMaxPositions, double shortScale, double longScale)
    : RopeFrequencies(rotaryDim)
{
    internal override double Frequency(int pair, int length) => (length > originalMaxPositions ? longFrequencies : shortFrequencies)[pair];

    internal override double Scale(int length) => length > originalMaxPositions ? longScale : shortScale;
}
