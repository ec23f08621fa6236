using System.Globalization;
using System.Text;

namespace MoeGen.Templates;

/// <summary>Python's <c>str.format</c>, with attributes and items looked up as the sandbox does.</summary>
internal sealed class BraceFormat
{
    private readonly RenderContext _context;
    private readonly Arguments _arguments;
    private readonly bool _isMarkup;
    private int _next; // the next argument of {}; -1: fields have numbers

    private BraceFormat(RenderContext context, Arguments arguments, bool isMarkup)
    {
        _context = context;
        _arguments = arguments;
        _isMarkup = isMarkup;
    }

    public static TextValue Format(RenderContext context, TextValue format, Arguments arguments) =>
        format.With(new BraceFormat(context, arguments, format.IsMarkup).Run(format.Text, 2));

    /// <summary>Python's <c>repr</c>, or its <c>ascii</c>.</summary>
    public static string Repr(Value value, bool isAscii)
    {
        StringBuilder repr = new();
        ReprWriter.Append(value, repr);
        if (!isAscii)
        {
            return repr.ToString();
        }

        StringBuilder ascii = new();
        for (int i = 0; i < repr.Length; i++)
        {
            if (char.IsAscii(repr[i]))
            {
                ascii.Append(repr[i]);
            }
            else if (i + 1 < repr.Length && char.IsSurrogatePair(repr[i], repr[i + 1]))
            {
                ascii.Append(CultureInfo.InvariantCulture, $"\\U{char.ConvertToUtf32(repr[i], repr[++i]):x8}");
            }
            else
            {
                ascii.Append(repr[i] < 0x100 ? $"\\x{(int)repr[i]:x2}" : $"\\u{(int)repr[i]:x4}");
            }
        }

        return ascii.ToString();
    }

    private string Run(string format, int depth)
    {
        if (depth < 0)
        {
            throw new TemplateFault("Max string recursion exceeded");
        }

        TextBuilder result = new(_context);
        for (int i = 0; i < format.Length; i++)
        {
            int brace = format.AsSpan(i).IndexOfAny('{', '}');
            result.Append(format.Substring(i, brace < 0 ? format.Length - i : brace));
            if (brace < 0)
            {
                break;
            }

            i += brace;
            if (i + 1 < format.Length && format[i + 1] == format[i])
            {
                result.Append(format[i].ToString());
                i++;
            }
            else if (format[i] == '}')
            {
                throw new TemplateFault("Single '}' encountered in format string");
            }
            else
            {
                int end = FindEnd(format, i + 1);
                result.Append(FormatField(format[(i + 1)..end], depth));
                i = end;
            }
        }

        return result.ToString();
    }

    private static int FindEnd(string format, int start)
    {
        int depth = 1;
        for (int i = start; i < format.Length; i++)
        {
            // a bracket of an item may hold braces
            if (format[i] == '[' && format.IndexOf(']', i) is > 0 and int close && format.AsSpan(start, i - start).IndexOfAny(':', '!') < 0)
            {
                i = close;
                continue;
            }

            depth += format[i] == '{' ? 1 : format[i] == '}' ? -1 : 0;
            if (depth == 0)
            {
                return i;
            }
        }

        throw new TemplateFault("expected '}' before end of string");
    }

    private string FormatField(string field, int depth)
    {
        int split = 0;
        for (; split < field.Length && field[split] is not (':' or '!'); split++)
        {
            if (field[split] == '[' && field.IndexOf(']', split) is > 0 and int close)
            {
                split = close;
            }
        }

        string name = field[..split], rest = field[split..];
        char conversion = ' ';
        if (rest.StartsWith('!'))
        {
            conversion = rest.Length > 1 && (rest.Length == 2 || rest[2] == ':') ? rest[1] : '?';
            rest = rest.Length > 2 ? rest[2..] : "";
        }

        Value value = Find(name);
        string spec = rest.Length > 1 ? Run(rest[1..], depth - 1) : "";
        value = conversion switch
        {
            ' ' => value,
            's' => new TextValue(_context.ToText(value)),
            'r' or 'a' => new TextValue(Repr(value, conversion == 'a')),
            _ => throw new TemplateFault($"unknown conversion in the field '{field}'"),
        };
        string text = FormatSpec.Apply(_context, value, spec);
        return _isMarkup && value is not TextValue { IsMarkup: true } ? Markup.Escape(new TextValue(text)).Text : text;
    }

    private Value Find(string field)
    {
        int end = field.AsSpan().IndexOfAny('.', '[');
        string first = end < 0 ? field : field[..end];
        Value value = FindArgument(first);
        for (int i = end < 0 ? field.Length : end; i < field.Length;)
        {
            bool isItem = field[i] == '[';
            int stop = isItem ? field.IndexOf(']', i)
                : field.AsSpan(i + 1).IndexOfAny('.', '[') is >= 0 and int next ? i + 1 + next
                : field.Length;
            if (stop < 0 || stop == i + 1)
            {
                throw new TemplateFault($"malformed field '{field}' in format string");
            }

            string name = field[(i + 1)..stop];
            value = !isItem ? _context.GetAttribute(value, name)
                : _context.GetItem(value, int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int index)
                    ? IntValue.Of(index) : new TextValue(name));
            i = isItem ? stop + 1 : stop;
        }

        return value;
    }

    private Value FindArgument(string name)
    {
        bool isNumber = int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int index);
        if (!isNumber && name.Length > 0)
        {
            return _arguments.Find(name) ?? throw new TemplateFault($"no argument is named '{name}'");
        }

        if (isNumber ? _next > 0 : _next < 0)
        {
            throw new TemplateFault("cannot switch between automatic field numbering and numbers in a format string");
        }

        int place = isNumber ? index : _next;
        _next = isNumber ? -1 : _next + 1;
        return place < _arguments.Positional.Count
            ? _arguments.Positional[place]
            : throw new TemplateFault($"no argument {place} for the format string");
    }
}
