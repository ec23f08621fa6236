using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>Cuts where the script changes: UnicodeScripts, as SentencePiece forbids pieces of two scripts.</summary>
/// <remarks>The Rust library starts the first piece at the first character that has a script, and leaves out what is before it.</remarks>
internal sealed class ScriptPreTokenizer : PreTokenizer
{
    public override void Apply(PieceList pieces)
    {
        for (int i = 0; i < pieces.Count; i++)
        {
            byte last = Scripts.Any;
            int start = pieces[i].Length;
            int at = 0;
            foreach (Rune rune in pieces[i].EnumerateRunes())
            {
                byte script = Scripts.Find(rune);
                if (script != Scripts.Any)
                {
                    if (last != script)
                    {
                        pieces.Cut(i, new TextRange(start, Math.Max(0, at - start)));
                        start = at;
                    }

                    last = script;
                }

                at += rune.Utf16SequenceLength;
            }

            pieces.Cut(i, new TextRange(start, at - start));
        }

        pieces.CommitCuts();
    }
}
