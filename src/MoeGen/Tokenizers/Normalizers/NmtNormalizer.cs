using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>
/// Removes control characters and turns what separates words into spaces, as the machine translation models of SentencePiece want it.
/// </summary>
/// <remarks>The lists are those of the Rust library, which has them from SentencePiece, <c>nmt_nfkc</c>.</remarks>
internal sealed class NmtNormalizer : RuneNormalizer
{
    protected override void Write(Rune rune, StringBuilder output)
    {
        bool isRemoved = rune.Value is (>= 0x01 and <= 0x08) or 0x0B or (>= 0x0E and <= 0x1F) or 0x7F or 0x8F or 0x9F;
        bool isSpace = rune.Value is 0x09 or 0x0A or 0x0C or 0x0D or 0x1680 or (>= 0x200B and <= 0x200F) or 0x2028 or 0x2029 or 0x2581
            or 0xFEFF or 0xFFFD;
        if (!isRemoved)
        {
            output.AppendRune(isSpace ? new Rune(' ') : rune);
        }
    }
}
