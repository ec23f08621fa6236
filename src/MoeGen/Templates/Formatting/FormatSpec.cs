using System.Globalization;
using System.Numerics;
using System.Text;

namespace MoeGen.Templates;

/// <summary>Python's <c>format(value, spec)</c>.</summary>
/// <remarks>Source: Python 3, "Format Specification Mini-Language".</remarks>
internal sealed class FormatSpec
{
    private string _fill = " ";
    private char _align = ' ';
    private char _sign = '-';
    private bool _isAlternate;
    private int _width;
    private char _grouping = ' ';
    private int? _precision;
    private char _type = ' ';

    public static string Apply(RenderContext context, Value value, string spec)
    {
        if (spec.Length == 0)
        {
            return context.ToText(value);
        }

        FormatSpec format = Parse(spec);
        string text = value switch
        {
            TextValue plain => format.FormatText(plain.Text),
            NumberValue { Whole: { } whole } when format._type is ' ' or 'd' or 'b' or 'o' or 'x' or 'X' or 'n' or 'c' =>
                format.FormatWhole(whole),
            NumberValue number => format.FormatFloat(number.Float),
            UndefinedValue undefined => throw undefined.Fault,
            _ => throw new TemplateFault($"unsupported format string passed to {value.TypeName}.__format__"),
        };
        context.ReserveText(text.Length);
        return text;
    }

    private static FormatSpec Parse(string spec)
    {
        FormatSpec format = new();
        int i = 0;
        int fillLength = CodePoints.LengthAt(spec, 0);
        if (spec.Length > fillLength && spec[fillLength] is '<' or '>' or '=' or '^')
        {
            format._fill = spec[..fillLength];
            format._align = spec[fillLength];
            i = fillLength + 1;
        }
        else if (spec[0] is '<' or '>' or '=' or '^')
        {
            format._align = spec[i++];
        }

        if (At(i) is '+' or '-' or ' ')
        {
            format._sign = spec[i++];
        }

        if (At(i) == '#')
        {
            format._isAlternate = true;
            i++;
        }

        if (At(i) == '0')
        {
            i++;
            if (format._align == ' ')
            {
                (format._fill, format._align) = ("0", '=');
            }
        }

        format._width = ReadNumber() ?? 0;
        if (At(i) is ',' or '_')
        {
            format._grouping = spec[i++];
        }

        if (At(i) == '.')
        {
            i++;
            format._precision = ReadNumber() ?? throw new TemplateFault("Format specifier missing precision");
        }

        if (i < spec.Length)
        {
            format._type = spec[i++];
        }

        return i == spec.Length ? format : throw new TemplateFault($"invalid format specifier '{spec}'");

        char At(int index) => index < spec.Length ? spec[index] : '\0';

        int? ReadNumber()
        {
            int start = i;
            while (char.IsAsciiDigit(At(i)))
            {
                i++;
            }

            return i == start ? null
                : int.TryParse(spec.AsSpan(start, i - start), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                    && number <= TemplateLimits.MaxText ? number
                : throw new TemplateFault("too large a number in a format specifier");
        }
    }

    private string FormatText(string text)
    {
        if (_type is not (' ' or 's') || _align == '=' && _fill != "0" || _sign != '-' || _isAlternate || _grouping != ' ')
        {
            throw new TemplateFault("a format specifier for numbers cannot format a string");
        }

        string cut = _precision is int length && length < CodePoints.Count(text) ? text[..CodePoints.OffsetOf(text, length)] : text;
        return Pad("", cut, _align is ' ' or '=' ? '<' : _align);
    }

    private string FormatWhole(BigInteger whole)
    {
        if (_precision is not null)
        {
            throw new TemplateFault("Precision not allowed in integer format specifier");
        }

        if (_type == 'c')
        {
            return whole >= 0 && whole <= 0x10FFFF && (whole < 0xD800 || whole > 0xDFFF)
                ? Pad("", char.ConvertFromUtf32((int)whole), _align == ' ' ? '<' : _align)
                : throw new TemplateFault("%c arg not in range(0x110000)");
        }

        char type = _type is ' ' or 'n' ? 'd' : _type;
        string prefix = _isAlternate && type != 'd' ? $"0{type}" : "";
        return PadNumber(Sign(whole.Sign < 0) + prefix, NumberFormat.Whole(whole, type), type == 'd' ? 3 : 4);
    }

    private string FormatFloat(double value)
    {
        char type = _type;
        string suffix = type == '%' ? "%" : "", digits;
        if (type == ' ')
        {
            digits = !double.IsFinite(value) ? FloatText.NonFinite(Math.Abs(value))
                : _precision is int precision
                    ? FloatText.General(value, Math.Min(precision, FloatText.MaxPrecision), _isAlternate, hasDecimal: true)
                : FloatText.Repr(Math.Abs(value));
        }
        else if (type is 'e' or 'E' or 'f' or 'F' or 'g' or 'G' or 'n' or '%')
        {
            char notation = type == '%' ? 'f' : type == 'n' ? 'g' : type;
            digits = NumberFormat.Float(type == '%' ? value * 100 : value, notation, _precision ?? 6, _isAlternate);
        }
        else
        {
            throw new TemplateFault($"Unknown format code '{type}' for a float");
        }

        return PadNumber(Sign(double.IsNegative(value)), digits + suffix, 3);
    }

    private string Sign(bool isNegative) => isNegative ? "-" : _sign == '-' ? "" : _sign.ToString();

    private string PadNumber(string sign, string digits, int groupSize)
    {
        if (_grouping != ' ')
        {
            int end = digits.AsSpan().IndexOfAnyExceptInRange('0', '9');
            bool isHex = groupSize == 4;
            end = end < 0 || isHex ? digits.Length : end;
            string whole = digits[..end];
            if (_align == '=' && _fill == "0")
            {
                // zeros that fill the width are grouped as well
                int room = _width - sign.Length - (digits.Length - end);
                while (Group(whole, groupSize).Length < room)
                {
                    whole = "0" + whole;
                }
            }

            digits = Group(whole, groupSize) + digits[end..];
        }

        return Pad(sign, digits, _align == ' ' ? '>' : _align);
    }

    private string Group(string digits, int size)
    {
        StringBuilder grouped = new();
        for (int i = 0; i < digits.Length; i++)
        {
            grouped.Append(i > 0 && (digits.Length - i) % size == 0 ? _grouping.ToString() : "").Append(digits[i]);
        }

        return grouped.ToString();
    }

    private string Pad(string sign, string text, char align)
    {
        int missing = Math.Max(0, _width - sign.Length - CodePoints.Count(text));
        int before = align switch
        {
            '<' => 0,
            '^' => missing / 2,
            _ => missing,
        };
        string left = string.Concat(Enumerable.Repeat(_fill, before)), right = string.Concat(Enumerable.Repeat(_fill, missing - before));
        return align == '=' ? sign + left + text : left + sign + text + right;
    }
}
