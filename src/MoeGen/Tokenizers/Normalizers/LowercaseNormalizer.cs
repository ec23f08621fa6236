using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>Lower-cases code point by code point, without regard to language or to the letters around.</summary>
internal sealed class LowercaseNormalizer : RuneNormalizer
{
    // U+0130 is the one code point whose lower case is two: i and a dot above
    private const int DottedI = 0x130;

    protected override void Write(Rune rune, StringBuilder output)
    {
        if (rune.Value == DottedI)
        {
            output.Append("i\u0307");
        }
        else
        {
            output.AppendRune(CodePoints.ToLower(rune));
        }
    }
}
