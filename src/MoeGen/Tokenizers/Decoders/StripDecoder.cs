using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>Removes a character at the ends of a token.</summary>
/// <param name="content">The character.</param>
/// <param name="start">At most how many are removed at the start.</param>
/// <param name="stop">At most how many are removed at the end.</param>
internal sealed class StripDecoder(Rune content, int start, int stop) : TokenDecoder
{
    private readonly string _content = content.ToString();

    /// <summary>The character that is removed.</summary>
    public Rune Content => content;

    /// <summary>At most how many are removed at the start.</summary>
    public int Start => start;

    /// <summary>At most how many are removed at the end.</summary>
    public int Stop => stop;

    public override string Decode(string token, bool isFirst)
    {
        ReadOnlySpan<char> rest = token;
        for (int i = 0; i < start && rest.StartsWith(_content, StringComparison.Ordinal); i++)
        {
            rest = rest[_content.Length..];
        }

        for (int i = 0; i < stop && rest.EndsWith(_content, StringComparison.Ordinal); i++)
        {
            rest = rest[..^_content.Length];
        }

        return rest.Length == token.Length ? token : rest.ToString();
    }
}
