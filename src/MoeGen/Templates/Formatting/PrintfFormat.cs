using System.Numerics;
using System.Text;

namespace MoeGen.Templates;

/// <summary>Python's <c>format % values</c>.</summary>
internal sealed class PrintfFormat
{
    private readonly RenderContext _context;
    private readonly TextValue _format;
    private readonly Value _values;
    private readonly IReadOnlyList<Value> _list; // the values by place
    private int _position;
    private int _next;

    private PrintfFormat(RenderContext context, TextValue format, Value values)
    {
        _context = context;
        _format = format;
        _values = values;
        _list = values is TupleValue tuple ? tuple.Items : [values];
    }

    private char Current => _position < _format.Text.Length
        ? _format.Text[_position]
        : throw new TemplateFault("incomplete format");

    public static TextValue Format(RenderContext context, TextValue format, Value values) =>
        new PrintfFormat(context, format, values).Run();

    private TextValue Run()
    {
        TextBuilder result = new(_context);
        string format = _format.Text;
        bool isNamed = false;
        while (_position < format.Length)
        {
            int percent = format.IndexOf('%', _position);
            int end = percent < 0 ? format.Length : percent;
            result.Append(format[_position..end]);
            _position = end + 1;
            if (percent >= 0)
            {
                result.Append(Convert(ref isNamed));
            }
        }

        // what is no tuple may stay unused if it could have been looked into by name
        bool mayStay = isNamed || _values is DictValue or ListValue or RangeValue or UndefinedValue;
        return _next < _list.Count && !mayStay
            ? throw new TemplateFault("not all arguments converted during string formatting")
            : _format.With(result.ToString());
    }

    private string Convert(ref bool isNamed)
    {
        Value? named = null;
        if (Current == '(')
        {
            named = FindNamed(ReadKey());
            isNamed = true;
        }

        string flags = "";
        while (Current is '-' or '+' or ' ' or '#' or '0')
        {
            flags += Current;
            _position++;
        }

        int? width = ReadNumber();
        if (width < 0)
        {
            flags += "-";
            width = -width;
        }

        int? precision = null;
        if (Current == '.')
        {
            _position++;
            precision = Math.Max(ReadNumber() ?? 0, 0);
        }

        while (Current is 'l' or 'h' or 'L')
        {
            _position++;
        }

        char type = Current;
        _position++;
        if (type == '%')
        {
            return "%";
        }

        (string sign, string digits) = Convert(type, named ?? Take(), flags, precision);
        return Pad(sign, digits, flags, width ?? 0, isNumber: type is not ('s' or 'r' or 'a' or 'c'));
    }

    private string ReadKey()
    {
        int start = ++_position, depth = 1;
        for (; depth > 0; _position++)
        {
            depth += Current == '(' ? 1 : Current == ')' ? -1 : 0;
        }

        return _format.Text[start..(_position - 1)];
    }

    private Value FindNamed(string key) => _values switch
    {
        DictValue dict => dict.FindItem(new TextValue(key)) ?? throw new TemplateFault($"no value is named '{key}'"),
        _ => throw new TemplateFault("format requires a mapping"),
    };

    private int? ReadNumber()
    {
        if (Current == '*')
        {
            _position++;
            return Take() is NumberValue { Whole: { } star } && BigInteger.Abs(star) <= TemplateLimits.MaxText
                ? (int)star
                : throw new TemplateFault("* wants int");
        }

        int start = _position;
        while (char.IsAsciiDigit(Current))
        {
            _position++;
        }

        return _position == start ? null
            : int.TryParse(_format.Text.AsSpan(start, _position - start), out int number) && number <= TemplateLimits.MaxText ? number
            : throw new TemplateFault("width or precision too big");
    }

    private Value Take() => _next < _list.Count ? _list[_next++] : throw new TemplateFault("not enough arguments for format string");

    private (string Sign, string Digits) Convert(char type, Value value, string flags, int? precision)
    {
        switch (type)
        {
            case 's' or 'r' or 'a':
                string text = type == 's' ? TextOf(value) : BraceFormat.Repr(value, isAscii: type == 'a');
                return ("", precision is int length && length < CodePoints.Count(text) ? text[..CodePoints.OffsetOf(text, length)] : text);
            case 'c' when value is TextValue { NumCodePoints: 1 } single:
                return ("", single.Text);
            case 'c' when (value as NumberValue)?.Whole is { } code && code >= 0 && code <= 0x10FFFF && !(code >= 0xD800 && code < 0xE000):
                return ("", char.ConvertFromUtf32((int)code));
            case 'd' or 'i' or 'u' when value is NumberValue number:
                return Whole(number.Whole ?? Truncate(number.Float), 'd', flags, precision);
            case 'o' or 'x' or 'X' when (value as NumberValue)?.Whole is { } whole:
                return Whole(whole, type, flags, precision);
            case 'e' or 'E' or 'f' or 'F' or 'g' or 'G' when value is NumberValue number:
                double amount = number.Float;
                return (Sign(double.IsNegative(amount), flags), NumberFormat.Float(amount, type, precision ?? 6, flags.Contains('#')));
            default:
                throw (value as UndefinedValue)?.Fault ?? new TemplateFault($"%{type} cannot format '{value.TypeName}'");
        }
    }

    private string TextOf(Value value) => _format.IsMarkup ? Markup.Escape(_context, value).Text : _context.ToText(value);

    private static BigInteger Truncate(double value) =>
        double.IsFinite(value) ? new BigInteger(value) : throw new TemplateFault("cannot convert an infinite number or NaN to integer");

    private static (string Sign, string Digits) Whole(BigInteger number, char type, string flags, int? precision)
    {
        string prefix = flags.Contains('#') && type != 'd' ? $"0{type}" : "";
        string digits = NumberFormat.Whole(number, type);
        return (Sign(number.Sign < 0, flags) + prefix, digits.PadLeft(Math.Min(precision ?? 0, TemplateLimits.MaxText), '0'));
    }

    private static string Sign(bool isNegative, string flags) =>
        isNegative ? "-" : flags.Contains('+') ? "+" : flags.Contains(' ') ? " " : "";

    private string Pad(string sign, string digits, string flags, int width, bool isNumber)
    {
        int missing = width - sign.Length - CodePoints.Count(digits);
        if (missing <= 0)
        {
            return sign + digits;
        }

        _context.ReserveText(missing);
        StringBuilder padded = new();
        return (flags.Contains('-') ? padded.Append(sign).Append(digits).Append(' ', missing)
            : flags.Contains('0') && isNumber ? padded.Append(sign).Append('0', missing).Append(digits)
            : padded.Append(' ', missing).Append(sign).Append(digits)).ToString();
    }
}
