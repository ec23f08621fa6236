using System.Globalization;
using System.Text;

namespace MoeGen.Templates;

/// <summary>Python's <c>repr</c> of a <c>str</c>.</summary>
internal static class TextRepr
{
    public static void Append(string text, StringBuilder result)
    {
        char quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        result.Append(quote);
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == quote || c == '\\')
            {
                result.Append('\\').Append(c);
            }
            else if (c is '\n' or '\r' or '\t')
            {
                result.Append('\\').Append(c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
            }
            else if (char.IsAscii(c) && !char.IsControl(c))
            {
                result.Append(c);
            }
            else
            {
                AppendOther(text, ref i, result);
            }
        }

        result.Append(quote);
    }

    /// <summary>Whether <c>str.isprintable</c> holds for a character: letters, marks, numbers, punctuation, symbols, and the
    /// blank.</summary>
    public static bool IsPrintable(string text, int index) => text[index] == ' ' || CharUnicodeInfo.GetUnicodeCategory(text, index) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.SpaceSeparator);

    private static void AppendOther(string text, ref int i, StringBuilder result)
    {
        int length = CodePoints.LengthAt(text, i);
        if (IsPrintable(text, i))
        {
            result.Append(text, i, length);
        }
        else if (length == 2)
        {
            result.Append(CultureInfo.InvariantCulture, $"\\U{char.ConvertToUtf32(text[i], text[i + 1]):x8}");
        }
        else
        {
            result.Append(text[i] < 0x100 ? $"\\x{(int)text[i]:x2}" : $"\\u{(int)text[i]:x4}");
        }

        i += length - 1;
    }
}
