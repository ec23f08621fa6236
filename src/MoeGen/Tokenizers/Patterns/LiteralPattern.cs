namespace MoeGen.Tokenizers;

/// <summary>Matches one fixed text, which is not empty.</summary>
internal sealed class LiteralPattern(string literal) : TextPattern
{
    public override void FindMatches(ReadOnlySpan<char> text, List<TextRange> matches)
    {
        int start = 0;
        while (text[start..].IndexOf(literal, StringComparison.Ordinal) is int offset and >= 0)
        {
            matches.Add(new TextRange(start + offset, literal.Length));
            start += offset + literal.Length;
        }
    }
}
