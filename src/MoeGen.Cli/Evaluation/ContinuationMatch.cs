namespace MoeGen.Cli.Evaluation;

/// <summary>How far greedy continuations go with those of the exact model.</summary>
/// <param name="Count">Continuations.</param>
/// <param name="Equal">Of these, the ones that are equal to the last token.</param>
/// <param name="PrefixTokens">Tokens before the first one that differs, of all together.</param>
internal readonly record struct ContinuationMatch(int Count, int Equal, long PrefixTokens)
{
    /// <summary>Share of equal ones; null without continuations.</summary>
    public double? EqualShare => Count == 0 ? null : Equal / (double)Count;

    /// <summary>Mean length of the beginning that is equal, tokens; null without continuations.</summary>
    public double? MeanPrefix => Count == 0 ? null : PrefixTokens / (double)Count;

    /// <summary>Compares one continuation.</summary>
    public static ContinuationMatch Of(ReadOnlySpan<int> exact, ReadOnlySpan<int> tokens)
    {
        int prefix = exact.CommonPrefixLength(tokens);
        return new ContinuationMatch(1, prefix == exact.Length && prefix == tokens.Length ? 1 : 0, prefix);
    }

    public ContinuationMatch Plus(ContinuationMatch other) =>
        new(Count + other.Count, Equal + other.Equal, PrefixTokens + other.PrefixTokens);
}
