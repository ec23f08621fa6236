using System.Globalization;
using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>
/// The stand-ins for supplementary code points in the shadow of a text: for every general category one char of that category which the
/// pattern does not mention, so that every class of the pattern treats it as it would treat the code point.
/// </summary>
internal sealed class ShadowAlphabet
{
    // the categories that have supplementary code points
    private static readonly UnicodeCategory[] s_categories =
    [
        UnicodeCategory.UppercaseLetter, UnicodeCategory.LowercaseLetter, UnicodeCategory.ModifierLetter, UnicodeCategory.OtherLetter,
        UnicodeCategory.NonSpacingMark, UnicodeCategory.SpacingCombiningMark,
        UnicodeCategory.DecimalDigitNumber, UnicodeCategory.LetterNumber, UnicodeCategory.OtherNumber,
        UnicodeCategory.DashPunctuation, UnicodeCategory.OtherPunctuation,
        UnicodeCategory.MathSymbol, UnicodeCategory.CurrencySymbol, UnicodeCategory.ModifierSymbol, UnicodeCategory.OtherSymbol,
        UnicodeCategory.Format, UnicodeCategory.PrivateUse, UnicodeCategory.OtherNotAssigned,
    ];

    private readonly char[] _standIns = new char[(int)UnicodeCategory.OtherNotAssigned + 1]; // by UnicodeCategory
    private readonly char _ideographStandIn;
    private readonly SupplementaryMembers _named;

    /// <summary>Chooses the stand-ins.</summary>
    /// <param name="mentioned">Every char that the pattern names by itself or in a range; stand-ins keep clear of them.</param>
    /// <param name="named">What the pattern names above U+FFFF, which has its own stand-ins.</param>
    /// <param name="usesHan">The pattern names the script Han: ideographs need a stand-in of that script, all others one outside.</param>
    /// <param name="origin">File and JSON path, for errors.</param>
    /// <exception cref="TokenizerFormatException">The pattern mentions all chars of a category.</exception>
    /// <remarks>The four Han marks outside the ideographic planes, U+16FE2 to U+16FF1, go by their category only.</remarks>
    public ShadowAlphabet(IReadOnlyList<TextRange> mentioned, SupplementaryMembers named, bool usesHan, string origin)
    {
        _named = named;
        foreach (UnicodeCategory category in s_categories)
        {
            _standIns[(int)category] = Choose(category, c => !IsIn(mentioned, c) && !(usesHan && IsIn(HanScript.BasicRanges, c)), origin);
        }

        _ideographStandIn = usesHan
            ? Choose(UnicodeCategory.OtherLetter, c => !IsIn(mentioned, c) && IsIn(HanScript.BasicRanges, c), origin)
            : _standIns[(int)UnicodeCategory.OtherLetter];
    }

    /// <summary>Writes the shadow of a text: one char per code point.</summary>
    /// <param name="text">Valid UTF-16.</param>
    /// <param name="shadow">Receives the shadow; at least as long as <paramref name="text"/>.</param>
    /// <returns>Number of chars written.</returns>
    public int Cast(ReadOnlySpan<char> text, Span<char> shadow)
    {
        int length = 0;
        for (int i = 0; i < text.Length; i++)
        {
            shadow[length++] = char.IsHighSurrogate(text[i]) ? StandIn(char.ConvertToUtf32(text[i], text[++i])) : text[i];
        }

        return length;
    }

    private static bool IsIn(IReadOnlyList<TextRange> ranges, int c) => ranges.Any(range => c >= range.Start && c < range.End);

    // from the end, where half-width and presentation forms are, which patterns hardly name
    private static char Choose(UnicodeCategory category, Func<int, bool> isSuitable, string origin)
    {
        for (int c = char.MaxValue; c > 0; c--)
        {
            if (CharUnicodeInfo.GetUnicodeCategory((char)c) == category && isSuitable(c))
            {
                return (char)c;
            }
        }

        throw new TokenizerFormatException(
            $"{origin} names every character of the category {category} up to U+FFFF; at least one must be left for those above");
    }

    private char StandIn(int codePoint)
    {
        if (_named.Find(codePoint) is char own)
        {
            return own;
        }

        UnicodeCategory category = Rune.GetUnicodeCategory(new Rune(codePoint));
        return category == UnicodeCategory.OtherLetter && HanScript.IsSupplementaryIdeograph(codePoint)
            ? _ideographStandIn
            : _standIns[(int)category];
    }
}
