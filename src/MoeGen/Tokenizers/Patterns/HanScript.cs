namespace MoeGen.Tokenizers;

/// <summary>The script property Han, which .NET's regular expressions do not know.</summary>
internal static class HanScript
{
    /// <summary>The Han characters up to U+FFFF: Script=Han in Scripts.txt of the Unicode Character Database.</summary>
    public static readonly TextRange[] BasicRanges =
    [
        Range('\u2E80', '\u2E99'), Range('\u2E9B', '\u2EF3'), Range('\u2F00', '\u2FD5'), Range('\u3005', '\u3005'),
        Range('\u3007', '\u3007'), Range('\u3021', '\u3029'), Range('\u3038', '\u303B'), Range('\u3400', '\u4DBF'),
        Range('\u4E00', '\u9FFF'), Range('\uF900', '\uFA6D'), Range('\uFA70', '\uFAD9'),
    ];

    /// <summary>Tells whether a letter above U+FFFF is an ideograph; those fill the planes 2 and 3.</summary>
    public static bool IsSupplementaryIdeograph(int letter) => letter is >= 0x20000 and < 0x40000;

    private static TextRange Range(char first, char last) => new(first, last - first + 1);
}
