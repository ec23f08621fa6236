using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>Appends code points without a string for each.</summary>
internal static class StringBuilderRunes
{
    public static StringBuilder AppendRune(this StringBuilder output, Rune rune)
    {
        Span<char> chars = stackalloc char[2];
        return output.Append(chars[..rune.EncodeToUtf16(chars)]);
    }
}
