using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>Removes combining marks; those that are part of a letter only after the text was decomposed.</summary>
internal sealed class StripAccentsNormalizer : RuneNormalizer
{
    protected override void Write(Rune rune, StringBuilder output)
    {
        if (!CodePoints.IsMark(rune))
        {
            output.AppendRune(rune);
        }
    }
}
