namespace MoeGen.Planning;

/// <summary>How thoroughly a plan is made.</summary>
internal sealed record PlannerOptions
{
    /// <summary>Runs under random configurations when nothing else is said.</summary>
    public const int DefaultSamples = 48;

    /// <summary>The quality model holds out every fifth of them.</summary>
    public const int LeastSamples = 5;

    /// <summary>Runs under random configurations, at least <see cref="LeastSamples"/>.</summary>
    public int Samples { get; init; } = DefaultSamples;

    /// <summary>Seed of all that is drawn.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Whether the plan is run beside an even allocation on texts that it has not seen.</summary>
    public bool Compares { get; init; }
}
