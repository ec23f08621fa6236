namespace MoeGen.Planning;

/// <summary>How long a profile takes, and what the choice may cost.</summary>
public sealed record AutoOptions
{
    /// <summary>Texts of the profile when nothing else is said.</summary>
    public const int DefaultSequences = 4;

    /// <summary>Tokens of each when nothing else is said.</summary>
    public const int DefaultTokens = 24;

    /// <summary>Prompts, token ids; null: texts that the model writes from single tokens on, which need no data and are like what it runs.</summary>
    public IReadOnlyList<int[]>? Prompts { get; init; }

    /// <summary>Texts, where there are no prompts.</summary>
    public int Sequences { get; init; } = DefaultSequences;

    /// <summary>Tokens to decode behind each prompt.</summary>
    public int Tokens { get; init; } = DefaultTokens;

    /// <summary>
    /// Share of the decoded tokens, 0 to 1, that may differ from what the exact model finds most probable; null: exact methods alone are
    /// considered.
    /// </summary>
    public double? Tolerance { get; init; }

    /// <summary>Seed of the texts.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Hears what the profile is doing, in a few words for people.</summary>
    public Action<string>? Progress { get; init; }

    /// <summary>Refuses options that make no sense.</summary>
    /// <exception cref="ArgumentException">A number is below 1, or there are no prompts.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Sequences, 1, nameof(Sequences));
        ArgumentOutOfRangeException.ThrowIfLessThan(Tokens, 1, nameof(Tokens));
        if (Tolerance is { } tolerance && !(tolerance is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(Tolerance), tolerance, $"Tolerance is {tolerance}; expected 0 to 1.");
        }

        if (Prompts is { Count: 0 })
        {
            throw new ArgumentException("Prompts is empty; expected at least one, or null.");
        }
    }
}
