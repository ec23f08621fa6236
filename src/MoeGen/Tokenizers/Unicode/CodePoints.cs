using System.Globalization;
using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>The classes of characters that tokenizer files name by a component rather than by a pattern.</summary>
internal static class CodePoints
{
    private static readonly Lazy<CodePointSet> s_punctuation = new(() => new CodePointSet(CodePointData.Punctuation));
    private static readonly Lazy<CodePointSet> s_marks = new(() => new CodePointSet(CodePointData.Marks));
    private static readonly Lazy<CodePointSet> s_nonSpacingMarks = new(() => new CodePointSet(CodePointData.NonSpacingMarks));
    private static readonly Lazy<CodePointSet> s_invisible = new(() => new CodePointSet(CodePointData.Invisible));

    public static bool IsPunctuation(Rune rune) => s_punctuation.Value.Contains(rune);

    public static bool IsMark(Rune rune) => s_marks.Value.Contains(rune);

    public static bool IsNonSpacingMark(Rune rune) => s_nonSpacingMarks.Value.Contains(rune);

    public static bool IsInvisible(Rune rune) => s_invisible.Value.Contains(rune);

    /// <summary>Every number, not only decimal digits.</summary>
    /// <remarks>U+11DE0 to U+11DE9 and U+16FF4 to U+16FF6 came with Unicode 17, of which .NET 10 does not know yet.</remarks>
    public static bool IsNumber(Rune rune) =>
        Rune.IsNumber(rune) || rune.Value is (>= 0x11DE0 and <= 0x11DE9) or (>= 0x16FF4 and <= 0x16FF6);

    /// <summary>\w of Unicode Technical Standard 18, annex C: alphabetic, marks, decimal digits, connectors and joiners.</summary>
    public static bool IsWordCharacter(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter => true,
        UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.LetterNumber => true,
        UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => true,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation => true,

        // zero width joiners; circled, squared and other enclosed letters, which are alphabetic although they are symbols
        _ => rune.Value is 0x200C or 0x200D or (>= 0x24B6 and <= 0x24E9)
            or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189),
    };

    /// <summary>The Chinese characters around which BERT puts spaces.</summary>
    /// <remarks>U+2B820 to U+2B91F are left out by BERT's own list, which everybody follows.</remarks>
    public static bool IsChinese(Rune rune) => rune.Value
        is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0xF900 and <= 0xFAFF)
        or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0x2F800 and <= 0x2FA1F);

    /// <summary>Lower-cases one code point, without regard to language or to the letters around.</summary>
    /// <returns>Its lower case in Unicode 17; the same code point when it has none.</returns>
    public static Rune ToLower(Rune rune) => rune.Value switch
    {
        // pairs of Unicode 16 and 17, which the casing table of .NET 10 lacks
        0x1C89 or 0xA7CC or 0xA7CE or 0xA7D2 or 0xA7D4 or 0xA7DA => new Rune(rune.Value + 1),
        0xA7CB => new Rune(0x0264),
        0xA7DC => new Rune(0x019B),
        >= 0x10D50 and <= 0x10D65 => new Rune(rune.Value + 0x20),
        >= 0x16EA0 and <= 0x16EB8 => new Rune(rune.Value + 0x1B),
        _ => Rune.ToLowerInvariant(rune),
    };
}
