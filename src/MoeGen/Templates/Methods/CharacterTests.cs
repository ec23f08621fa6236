using System.Globalization;
using System.Text;

namespace MoeGen.Templates;

/// <summary>Python's questions about all characters of a text; none holds for an empty one, unless noted.</summary>
internal static class CharacterTests
{
    public static bool IsAlpha(string text) => All(text, Rune.IsLetter);

    public static bool IsAlphanumeric(string text) => All(text, rune => Rune.IsLetter(rune) || HasNumber(rune));

    public static bool IsDecimal(string text) => All(text, rune => Rune.GetUnicodeCategory(rune) == UnicodeCategory.DecimalDigitNumber);

    public static bool IsDigit(string text) =>
        All(text, rune => CharUnicodeInfo.GetDigitValue(rune.ToString(), 0) >= 0);

    public static bool IsNumeric(string text) => All(text, HasNumber);

    public static bool IsPrintable(string text)
    {
        for (int i = 0; i < text.Length; i += CodePoints.LengthAt(text, i))
        {
            if (!TextRepr.IsPrintable(text, i))
            {
                return false;
            }
        }

        return true;
    }

    public static bool IsIdentifier(string text)
    {
        bool isFirst = true;
        foreach (Rune rune in text.EnumerateRunes())
        {
            UnicodeCategory category = Rune.GetUnicodeCategory(rune);
            bool starts = rune.Value == '_' || Rune.IsLetter(rune) || category == UnicodeCategory.LetterNumber;
            bool continues = category is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
                or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation;
            if (!starts && (isFirst || !continues))
            {
                return false;
            }

            isFirst = false;
        }

        return !isFirst;
    }

    /// <summary>Whether there are cased characters, all of them small.</summary>
    public static bool IsLower(string text) =>
        IsCased(text, PythonCase.IsLower, rune => PythonCase.IsUpper(rune) || PythonCase.IsTitle(rune));

    /// <summary>Whether there are cased characters, all of them capital.</summary>
    public static bool IsUpper(string text) =>
        IsCased(text, PythonCase.IsUpper, rune => PythonCase.IsLower(rune) || PythonCase.IsTitle(rune));

    /// <summary>Whether capitals follow what is not cased, and small characters what is.</summary>
    public static bool IsTitle(string text)
    {
        bool hasCased = false, isAfterCased = false;
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool isCapital = PythonCase.IsUpper(rune) || PythonCase.IsTitle(rune), isSmall = PythonCase.IsLower(rune);
            if ((isCapital && isAfterCased) || (isSmall && !isAfterCased))
            {
                return false;
            }

            isAfterCased = isCapital || isSmall;
            hasCased |= isAfterCased;
        }

        return hasCased;
    }

    private static bool HasNumber(Rune rune) =>
        CharUnicodeInfo.GetNumericValue(rune.ToString(), 0) >= 0 || Rune.GetNumericValue(rune) != -1;

    private static bool All(string text, Func<Rune, bool> test)
    {
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (!test(rune))
            {
                return false;
            }
        }

        return text.Length > 0;
    }

    private static bool IsCased(string text, Func<Rune, bool> wanted, Func<Rune, bool> unwanted)
    {
        bool isFound = false;
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (unwanted(rune))
            {
                return false;
            }

            isFound |= wanted(rune);
        }

        return isFound;
    }
}
