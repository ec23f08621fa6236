using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>Matches runs of word characters and runs of what is neither that nor white space: <c>\w+|[^\w\s]+</c>.</summary>
internal sealed class WordPattern : TextPattern
{
    public override void FindMatches(ReadOnlySpan<char> text, List<TextRange> matches)
    {
        int start = 0;
        int at = 0;
        Kind kind = Kind.Space;
        foreach (Rune rune in text.EnumerateRunes())
        {
            Kind next = Rune.IsWhiteSpace(rune) ? Kind.Space : CodePoints.IsWordCharacter(rune) ? Kind.Word : Kind.Other;
            if (next != kind)
            {
                Add(at);
                start = at;
                kind = next;
            }

            at += rune.Utf16SequenceLength;
        }

        Add(at);

        void Add(int stop)
        {
            if (kind != Kind.Space)
            {
                matches.Add(new TextRange(start, stop - start));
            }
        }
    }

    private enum Kind
    {
        Space,
        Word,
        Other,
    }
}
