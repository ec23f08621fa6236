using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>Writes the text as the characters that stand for its UTF-8 bytes.</summary>
internal sealed class ByteLevelNormalizer : RuneNormalizer
{
    protected override void Write(Rune rune, StringBuilder output)
    {
        Span<byte> bytes = stackalloc byte[4];
        foreach (byte b in bytes[..rune.EncodeToUtf8(bytes)])
        {
            output.Append(ByteLevelAlphabet.Characters[b]);
        }
    }
}
