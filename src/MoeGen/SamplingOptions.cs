namespace MoeGen;

/// <summary>How the next token is chosen, and when to stop.</summary>
/// <remarks>
/// In this order: repetition, presence and frequency penalties on the logits; temperature; top-k; min-p; top-p of what these left;
/// a draw from the rest by their probabilities.
/// </remarks>
public sealed record SamplingOptions
{
    /// <summary>Most tokens to generate; null: until the text ends or the context is full.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Divides the logits; 0: always the most probable token (greedy).</summary>
    public float Temperature { get; init; } = 0.8f;

    /// <summary>Keeps the so many most probable tokens; 0: all.</summary>
    public int TopK { get; init; } = 40;

    /// <summary>Keeps the most probable tokens whose probabilities reach this sum; 1: all.</summary>
    public float TopP { get; init; } = 0.95f;

    /// <summary>Keeps tokens at least this share as probable as the most probable one; 0: all.</summary>
    public float MinP { get; init; } = 0.05f;

    /// <summary>
    /// Divides positive logits, and multiplies negative ones, of tokens that the text already has (CTRL, arXiv 1909.05858); 1: off.
    /// </summary>
    public float RepetitionPenalty { get; init; } = 1;

    /// <summary>Subtracted from the logits of tokens generated before; 0: off.</summary>
    public float PresencePenalty { get; init; }

    /// <summary>Subtracted, for each time a token was generated before, from its logit; 0: off.</summary>
    public float FrequencyPenalty { get; init; }

    /// <summary>Same seed, same prompt, same model: same text. Null: a new seed each time.</summary>
    public int? Seed { get; init; }

    /// <summary>The text ends before the first of these; it is not part of the text.</summary>
    public IReadOnlyList<string> StopStrings { get; init; } = [];

    /// <summary>Goes on after tokens that end a text.</summary>
    public bool IgnoreEos { get; init; }

    /// <summary>Greedy choice.</summary>
    public static SamplingOptions Greedy => new() { Temperature = 0 };

    /// <summary>Refuses options that make no sense.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxTokens ?? 0, 0, nameof(MaxTokens));
        ThrowUnless(Temperature >= 0 && float.IsFinite(Temperature), nameof(Temperature), Temperature, "0 or above");
        ArgumentOutOfRangeException.ThrowIfNegative(TopK);
        ThrowUnless(TopP is > 0 and <= 1, nameof(TopP), TopP, "above 0, up to 1");
        ThrowUnless(MinP is >= 0 and <= 1, nameof(MinP), MinP, "0 to 1");
        ThrowUnless(RepetitionPenalty > 0 && float.IsFinite(RepetitionPenalty), nameof(RepetitionPenalty), RepetitionPenalty, "above 0");
        ThrowUnless(float.IsFinite(PresencePenalty), nameof(PresencePenalty), PresencePenalty, "a number");
        ThrowUnless(float.IsFinite(FrequencyPenalty), nameof(FrequencyPenalty), FrequencyPenalty, "a number");
        if (StopStrings.Any(string.IsNullOrEmpty))
        {
            throw new ArgumentException("A stop string is empty; expected at least one character.", nameof(StopStrings));
        }
    }

    private static void ThrowUnless(bool holds, string name, float value, string expected)
    {
        if (!holds)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} is {value}; expected {expected}.");
        }
    }
}
