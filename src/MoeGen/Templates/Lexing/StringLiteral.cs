using System.Globalization;
using System.Text;

namespace MoeGen.Templates;

/// <summary>Escapes of string literals, as Python's codec <c>unicode-escape</c> reads them.</summary>
internal static class StringLiteral
{
    /// <summary>Decodes the characters of a literal between its quotes.</summary>
    public static string Decode(TemplateSource source, int start, int end)
    {
        ReadOnlySpan<char> text = source.Text.AsSpan(start, end - start);
        if (!text.Contains('\\'))
        {
            return text.ToString();
        }

        StringBuilder result = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                result.Append(text[i]);
                continue;
            }

            i++;
            switch (text[i])
            {
                case '\n':
                    break;
                case '\\' or '\'' or '"':
                    result.Append(text[i]);
                    break;
                case 'a':
                    result.Append('\a');
                    break;
                case 'b':
                    result.Append('\b');
                    break;
                case 'f':
                    result.Append('\f');
                    break;
                case 'n':
                    result.Append('\n');
                    break;
                case 'r':
                    result.Append('\r');
                    break;
                case 't':
                    result.Append('\t');
                    break;
                case 'v':
                    result.Append('\v');
                    break;
                case 'x':
                    AppendHex(source, start + i, text, ref i, 2, result);
                    break;
                case 'u':
                    AppendHex(source, start + i, text, ref i, 4, result);
                    break;
                case 'U':
                    AppendHex(source, start + i, text, ref i, 8, result);
                    break;
                case 'N':
                    throw source.Fault(start + i - 1, "the escape \\N is not supported; write the character, or \\u with its number");
                case >= '0' and <= '7':
                    AppendOctal(text, ref i, result);
                    break;
                default:
                    AppendUnknown(text, ref i, result);
                    break;
            }
        }

        return result.ToString();
    }

    private static void AppendHex(TemplateSource source, int position, ReadOnlySpan<char> text, ref int i, int length, StringBuilder result)
    {
        if (i + length >= text.Length
            || !uint.TryParse(text.Slice(i + 1, length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint code)
            || code > 0x10FFFF)
        {
            throw source.Fault(position - 1, $"the escape \\{text[i]} needs {length} hexadecimal digits of a character");
        }

        AppendCode(code, result);
        i += length;
    }

    private static void AppendOctal(ReadOnlySpan<char> text, ref int i, StringBuilder result)
    {
        uint code = 0;
        int start = i;
        for (; i < text.Length && i < start + 3 && text[i] is >= '0' and <= '7'; i++)
        {
            code = (code * 8) + (uint)(text[i] - '0');
        }

        i--;
        AppendCode(code, result);
    }

    // an unknown escape stays as it is; of a character beyond ASCII the codec sees its number, written as an escape
    private static void AppendUnknown(ReadOnlySpan<char> text, ref int i, StringBuilder result)
    {
        result.Append('\\');
        if (char.IsAscii(text[i]))
        {
            result.Append(text[i]);
        }
        else if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
        {
            result.Append(CultureInfo.InvariantCulture, $"U{char.ConvertToUtf32(text[i], text[i + 1]):x8}");
            i++;
        }
        else
        {
            result.Append(text[i] < 0x100
                ? $"x{(int)text[i]:x2}"
                : $"u{(int)text[i]:x4}");
        }
    }

    private static void AppendCode(uint code, StringBuilder result)
    {
        if (code < 0x10000)
        {
            result.Append((char)code);
        }
        else
        {
            result.Append(char.ConvertFromUtf32((int)code));
        }
    }
}
