namespace MoeGen.Experts.Selection.Mobile;

/// <summary>The choices of MoBiLE (arXiv 2510.12357), which leaves the test of confidence and its threshold open.</summary>
public sealed record MobileOptions
{
    /// <summary>Threshold when nothing else is said; `moegen calibrate` finds the one of a model.</summary>
    public const float DefaultThreshold = 0.5f;

    /// <summary>Steps of <see cref="FallbackRule.FirstTokensBig"/> when nothing else is said.</summary>
    public const int DefaultNumFirstTokens = 16;

    /// <summary>Which decode steps run with all experts.</summary>
    public FallbackRule Rule { get; init; }

    /// <summary>
    /// Confidence from which on half the experts are enough: 0: always, so that nothing but prompts runs with all; above 1: never, so that
    /// the outputs are those of the exact model.
    /// </summary>
    public float Threshold { get; init; } = DefaultThreshold;

    /// <summary>Decode steps behind a prompt that <see cref="FallbackRule.FirstTokensBig"/> runs with all experts.</summary>
    public int NumFirstTokens { get; init; } = DefaultNumFirstTokens;

    /// <summary>Share of the decode steps that <see cref="FallbackRule.RandomBig"/> runs again, 0 to 1.</summary>
    public double RandomShare { get; init; } = 0.2;

    /// <summary>The same seed draws the same steps.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>
    /// An exact method whose eviction and prefetch are used as well (MoBiLE over FineMoE's cache); null: MoBiLE's own prefetch, with the
    /// eviction that suits it.
    /// </summary>
    public Offloading? Base { get; init; }

    /// <summary>Where rule and threshold come from: a model that it does not belong to is refused; null: nowhere.</summary>
    public MobileCalibration? Calibration { get; init; }

    /// <summary>Rule and threshold of a calibration.</summary>
    /// <param name="calibration">What was found for a model.</param>
    public static MobileOptions Of(MobileCalibration calibration)
    {
        ArgumentNullException.ThrowIfNull(calibration);
        return new MobileOptions { Rule = calibration.Rule, Threshold = calibration.Threshold, Calibration = calibration };
    }

    /// <summary>Refuses options that make no sense.</summary>
    /// <exception cref="ArgumentException">A value is out of its range, or the base is not exact.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(NumFirstTokens, nameof(NumFirstTokens));
        if (!Enum.IsDefined(Rule))
        {
            throw new ArgumentOutOfRangeException(nameof(Rule), Rule, $"{nameof(Rule)} is {Rule}; expected a {nameof(FallbackRule)}.");
        }

        if (!(Threshold >= 0))
        {
            throw new ArgumentOutOfRangeException(nameof(Threshold), Threshold, $"{nameof(Threshold)} is {Threshold}; expected 0 or above.");
        }

        if (!(RandomShare is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(RandomShare), RandomShare, $"{nameof(RandomShare)} is {RandomShare}; expected 0 to 1.");
        }

        if (Base is { IsExact: false })
        {
            throw new ArgumentException($"{nameof(Base)} is {Base.Name}, which is not exact; expected an exact method.");
        }
    }
}
