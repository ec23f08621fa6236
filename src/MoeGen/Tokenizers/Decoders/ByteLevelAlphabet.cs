namespace MoeGen.Tokenizers;

/// <summary>
/// The 256 characters that stand for the 256 bytes in the tokens of a byte-level vocabulary: printable Latin-1 for itself, and
/// U+0100 upwards for the others in their order. So is a vocabulary text, whatever bytes its tokens hold.
/// </summary>
internal static class ByteLevelAlphabet
{
    /// <summary>UTF-16 to UTF-8: a char becomes at most three bytes.</summary>
    public const int MaxBytesPerChar = 3;

    private const char FirstShifted = '\u0100';

    private static readonly char[] s_characters = MakeCharacters();
    private static readonly short[] s_bytes = MakeBytes(); // by character, -1 where none

    /// <summary>The character of every byte; 256 of them.</summary>
    public static ReadOnlySpan<char> Characters => s_characters;

    /// <summary>Returns the byte that a character stands for, or -1.</summary>
    public static int FindByte(char c) => c < s_bytes.Length ? s_bytes[c] : -1;

    private static char[] MakeCharacters()
    {
        char[] characters = new char[256];
        char shifted = FirstShifted;
        for (int b = 0; b < characters.Length; b++)
        {
            // space, the no-break space and the soft hyphen are not printable enough
            bool isPrintable = b is > 0x20 and < 0x7F or > 0xA0 and not 0xAD;
            characters[b] = isPrintable ? (char)b : shifted++;
        }

        return characters;
    }

    private static short[] MakeBytes()
    {
        short[] bytes = new short[s_characters.Max() + 1];
        Array.Fill<short>(bytes, -1);
        for (short b = 0; b < s_characters.Length; b++)
        {
            bytes[s_characters[b]] = b;
        }

        return bytes;
    }
}
