using System.Globalization;
using System.Text;

namespace MoeGen.Templates;

/// <summary>
/// Python's conversions between capital and small letters: Unicode's full mappings, in which a letter may become several. .NET has
/// the simple ones.
/// </summary>
/// <remarks>Source: Unicode, SpecialCasing.txt; the parts that do not depend on a language.</remarks>
internal static partial class PythonCase
{
    public static string Upper(string text) => Map(text, (rune, _, result) => AppendUpper(rune, result));

    public static string Lower(string text) => Map(text, (rune, index, result) => AppendLower(text, rune, index, result));

    /// <summary>The first character as a title begins, the others small.</summary>
    public static string Capitalize(string text) => Map(text, (rune, index, result) =>
    {
        if (index == 0)
        {
            AppendTitle(rune, result);
        }
        else
        {
            AppendLower(text, rune, index, result);
        }
    });

    /// <summary><c>str.title</c>: letters after what is no letter are capital.</summary>
    public static string Title(string text)
    {
        bool isAfterCased = false;
        return Map(text, (rune, index, result) =>
        {
            if (isAfterCased)
            {
                AppendLower(text, rune, index, result);
            }
            else
            {
                AppendTitle(rune, result);
            }

            isAfterCased = IsCased(rune);
        });
    }

    public static string Swap(string text) => Map(text, (rune, index, result) =>
    {
        if (IsUpper(rune))
        {
            AppendLower(text, rune, index, result);
        }
        else if (IsLower(rune))
        {
            AppendUpper(rune, result);
        }
        else
        {
            result.Append(rune);
        }
    });

    /// <summary><c>str.casefold</c>: what differs only in case becomes the same.</summary>
    public static string Fold(string text) => Map(text, (rune, _, result) =>
    {
        if (rune.Value == 0x130)
        {
            result.Append("i\u0307");
        }
        else if (s_upper.TryGetValue(rune.Value, out string? upper))
        {
            result.Append(Fold(upper));
        }
        else
        {
            // Cherokee folds to its capitals, which are older than its small letters
            Rune capital = ToUpper(rune);
            result.Append(rune.Value == 0x131 ? rune : capital.Value is >= 0x13A0 and <= 0x13F5 ? capital : ToLower(capital));
        }
    });

    /// <summary>Whether a character counts as small; Unicode has some that no letter's capital is.</summary>
    public static bool IsLower(Rune rune) => Rune.GetUnicodeCategory(rune) == UnicodeCategory.LowercaseLetter
        || rune.Value is 0xAA or 0xBA or (>= 0x2B0 and <= 0x2B8) or 0x2C0 or 0x2C1 or (>= 0x2E0 and <= 0x2E4) or 0x345 or 0x37A
            or (>= 0x1D2C and <= 0x1D6A) or 0x1D78 or (>= 0x1D9B and <= 0x1DBF) or 0x2071 or 0x207F or (>= 0x2090 and <= 0x209C)
            or (>= 0x2170 and <= 0x217F) or (>= 0x24D0 and <= 0x24E9) or 0x2C7C or 0x2C7D or 0xA69C or 0xA69D or 0xA770 or 0xA7F8 or 0xA7F9
            or (>= 0xAB5C and <= 0xAB5F);

    public static bool IsUpper(Rune rune) => Rune.GetUnicodeCategory(rune) == UnicodeCategory.UppercaseLetter
        || rune.Value is (>= 0x2160 and <= 0x216F) or (>= 0x24B6 and <= 0x24CF) or (>= 0x1F130 and <= 0x1F149)
            or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);

    public static bool IsTitle(Rune rune) => Rune.GetUnicodeCategory(rune) == UnicodeCategory.TitlecaseLetter;

    private static bool IsCased(Rune rune) => IsLower(rune) || IsUpper(rune) || IsTitle(rune);

    private static void AppendUpper(Rune rune, StringBuilder result)
    {
        if (s_upper.TryGetValue(rune.Value, out string? upper))
        {
            result.Append(upper);
        }
        else
        {
            result.Append(ToUpper(rune));
        }
    }

    private static void AppendTitle(Rune rune, StringBuilder result)
    {
        if (s_title.TryGetValue(rune.Value, out string? title))
        {
            result.Append(title);
        }
        else
        {
            AppendUpper(rune, result);
        }
    }

    private static void AppendLower(string text, Rune rune, int index, StringBuilder result)
    {
        if (rune.Value == 'Σ')
        {
            result.Append(EndsWord(text, index) ? 'ς' : 'σ');
        }
        else if (rune.Value == 0x130)
        {
            result.Append("i\u0307");
        }
        else
        {
            result.Append(ToLower(rune));
        }
    }

    // a sigma after a cased character and not before one; marks between do not count
    private static bool EndsWord(string text, int index)
    {
        int before = index - 1;
        while (before >= 0 && IsIgnorable(text, before))
        {
            before--;
        }

        if (before > 0 && char.IsSurrogatePair(text[before - 1], text[before]))
        {
            before--;
        }

        int after = index + 1;
        while (after < text.Length && IsIgnorable(text, after))
        {
            after++;
        }

        return before >= 0 && Rune.TryGetRuneAt(text, before, out Rune left) && IsCased(left)
            && !(after < text.Length && Rune.TryGetRuneAt(text, after, out Rune right) && IsCased(right));
    }

    private static bool IsIgnorable(string text, int index) =>
        text[index] is '\'' or '.' or ':' or '^' or '`' or '\u00b7' or '\u2019' or '\u2018' or '\u2024' or '\u2027'
        || CharUnicodeInfo.GetUnicodeCategory(text, index) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark
            or UnicodeCategory.Format or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol;

    // .NET leaves these alone, so that no ASCII letter comes from another
    private static Rune ToUpper(Rune rune) => rune.Value switch
    {
        0x131 => new Rune('I'),
        0x17F => new Rune('S'),
        _ => Rune.ToUpperInvariant(rune),
    };

    private static Rune ToLower(Rune rune) => rune.Value == 0x212A ? new Rune('k') : Rune.ToLowerInvariant(rune);

    private static string Map(string text, Action<Rune, int, StringBuilder> append)
    {
        StringBuilder result = new(text.Length);
        for (int i = 0; i < text.Length;)
        {
            if (Rune.TryGetRuneAt(text, i, out Rune rune))
            {
                append(rune, i, result);
                i += rune.Utf16SequenceLength;
            }
            else
            {
                result.Append(text[i++]);
            }
        }

        return result.ToString();
    }
}
