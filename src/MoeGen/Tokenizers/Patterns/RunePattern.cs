using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>Matches every code point of a class, one by one.</summary>
internal sealed class RunePattern(Func<Rune, bool> isInClass) : TextPattern
{
    public override void FindMatches(ReadOnlySpan<char> text, List<TextRange> matches)
    {
        int start = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (isInClass(rune))
            {
                matches.Add(new TextRange(start, rune.Utf16SequenceLength));
            }

            start += rune.Utf16SequenceLength;
        }
    }
}
