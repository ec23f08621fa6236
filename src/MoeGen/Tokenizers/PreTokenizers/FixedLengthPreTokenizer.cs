using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>Cuts into pieces of a fixed number of code points; the last of a text may have fewer.</summary>
internal sealed class FixedLengthPreTokenizer(int length) : PreTokenizer
{
    public override void Apply(PieceList pieces)
    {
        for (int i = 0; i < pieces.Count; i++)
        {
            int start = 0;
            int at = 0;
            int numRunes = 0;
            foreach (Rune rune in pieces[i].EnumerateRunes())
            {
                at += rune.Utf16SequenceLength;
                if (++numRunes == length)
                {
                    pieces.Cut(i, new TextRange(start, at - start));
                    start = at;
                    numRunes = 0;
                }
            }

            pieces.Cut(i, new TextRange(start, at - start));
        }

        pieces.CommitCuts();
    }
}
