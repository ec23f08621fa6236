using System.Globalization;
using System.Text;

namespace MoeGen.Templates;

/// <summary>Filters that make a text of a text.</summary>
internal static class TextFilters
{
    public static IEnumerable<Function> All { get; } =
    [
        new("upper", "s", (context, a) => Map(context, a, PythonCase.Upper)),
        new("lower", "s", (context, a) => Map(context, a, PythonCase.Lower)),
        new("capitalize", "s", (context, a) => Map(context, a, PythonCase.Capitalize)),
        new("title", "s", (context, a) => Map(context, a, Title)),
        new("trim", "value chars?", (context, a) =>
            Map(context, a, text => TextSplit.Strip(text, a[1].IsGiven() ? a[1].AsText() : null, atStart: true, atEnd: true))),
        new("string", "s", (context, a) => context.ToSoftText(a[0]!)),
        new("center", "value width?", (context, a) => TextMethods.Center(context, context.ToSoftText(a[0]!), a[1].AsCount(80))),
        new("replace", "s old new count?", Replace),
        new("indent", "s width? first? blank?", Indent),
        new("truncate", "s length? killwords? end? leeway?", Truncate),
        new("wordcount", "s", (context, a) => IntValue.Of(CountWords(context.ToText(a[0]!)))),
        new("format", (context, arguments) => Format(context, arguments)),
        new("urlencode", "value", UrlEncode),
    ];

    private static TextValue Map(RenderContext context, Value?[] arguments, Func<string, string> map)
    {
        TextValue text = context.ToSoftText(arguments[0]!);
        context.ReserveText(text.Text.Length);
        return text.With(map(text.Text));
    }

    // words begin after blanks, hyphens and opening brackets; unlike str.title, an apostrophe begins none
    private static string Title(string text)
    {
        StringBuilder result = new(text.Length);
        for (int i = 0; i < text.Length;)
        {
            int end = i;
            bool separates = IsSeparator(text[i]);
            while (end < text.Length && IsSeparator(text[end]) == separates)
            {
                end++;
            }

            int first = CodePoints.LengthAt(text, i);
            result.Append(PythonCase.Upper(text.Substring(i, first))).Append(PythonCase.Lower(text[(i + first)..end]));
            i = end;
        }

        return result.ToString();

        static bool IsSeparator(char c) => c is '-' or '(' or '{' or '[' or '<' || PythonSpace.IsSpace(c);
    }

    private static TextValue Replace(RenderContext context, Value?[] a)
    {
        int count = a[3].IsGiven() ? a[3].AsCount() : -1;
        return new TextValue(TextReplace.Replace(context, context.ToText(a[0]!), context.ToText(a[1]!), context.ToText(a[2]!), count));
    }

    private static TextValue Indent(RenderContext context, Value?[] a)
    {
        string text = a[0].AsText();
        TextValue kind = (TextValue)a[0]!;
        string indent = a[1] is TextValue given ? given.Text : NewBlanks(context, a[1].AsCount(4));
        bool isFirst = a[2].AsFlag(), isBlank = a[3].AsFlag();
        List<string> lines = TextSplit.Lines(text + "\n", keepsEnds: false);
        TextBuilder result = new(context);
        for (int i = 0; i < lines.Count; i++)
        {
            result.Append(i == 0 ? "" : "\n");
            result.Append((i == 0 ? isFirst : isBlank || lines[i].Length > 0) ? indent : "");
            result.Append(lines[i]);
        }

        return kind.With(result.ToString());
    }

    private static string NewBlanks(RenderContext context, int count)
    {
        context.ReserveText(count);
        return new string(' ', Math.Max(0, count));
    }

    private static Value Truncate(RenderContext context, Value?[] a)
    {
        int length = a[1].AsCount(255), leeway = a[4].IsGiven() ? a[4].AsCount() : 5;
        string end = a[3] is null ? "..." : a[3].AsText();
        int endLength = CodePoints.Count(end);
        if (length < endLength || leeway < 0)
        {
            throw new TemplateFault($"expected length >= {endLength} and leeway >= 0, got {length} and {leeway}");
        }

        // the comparison comes first: whatever has a length may be short enough
        if ((a[0]!.Length ?? throw new TemplateFault($"object of type '{a[0]!.TypeName}' has no len()")) <= (long)length + leeway)
        {
            return a[0]!;
        }

        string text = a[0].AsText(), cut = text[..CodePoints.OffsetOf(text, length - endLength)];
        if (!a[2].AsFlag())
        {
            int blank = cut.LastIndexOf(' ');
            cut = blank < 0 ? cut : cut[..blank];
        }

        return context.Text(cut + end);
    }

    private static int CountWords(string text)
    {
        int count = 0;
        bool isInWord = false;
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool isWord = rune.Value == '_' || Rune.IsLetter(rune) || Rune.GetNumericValue(rune) != -1;
            count += isWord && !isInWord ? 1 : 0;
            isInWord = isWord;
        }

        return count;
    }

    private static TextValue Format(RenderContext context, Arguments arguments)
    {
        TextValue format = context.ToSoftText(arguments.Positional[0]);
        Value[] values = [.. arguments.Positional.Skip(1)];
        if (values.Length > 0 && arguments.Named.Count > 0)
        {
            throw new TemplateFault("can't handle positional and keyword arguments at the same time");
        }

        return PrintfFormat.Format(context, format, arguments.Named.Count > 0
            ? new DictValue(arguments.Named.Select(pair => new KeyValuePair<Value, Value>(new TextValue(pair.Key), pair.Value)))
            : new TupleValue(values));
    }

    private static TextValue UrlEncode(RenderContext context, Value?[] a)
    {
        if (a[0] is TextValue || a[0]!.Iterate() is null)
        {
            return context.Text(Quote(context.ToText(a[0]!), "/"));
        }

        IEnumerable<Value> pairs = a[0] is DictValue dict ? DictMethods.Pairs(dict) : context.ToList(a[0]!);
        List<string> parts = [];
        foreach (Value pair in pairs)
        {
            List<Value> keyAndValue = context.ToList(pair);
            if (keyAndValue.Count != 2)
            {
                throw new TemplateFault("urlencode needs pairs of key and value");
            }

            parts.Add(string.Join('=',
                keyAndValue.Select(part => Quote(context.ToText(part), "").Replace("%20", "+", StringComparison.Ordinal))));
        }

        return context.Text(string.Join('&', parts));
    }

    private static string Quote(string text, string safe)
    {
        StringBuilder result = new();
        foreach (byte b in Encoding.UTF8.GetBytes(text))
        {
            char c = (char)b;
            bool isPlain = char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-' or '~' || safe.Contains(c);
            result.Append(isPlain ? c.ToString() : string.Create(CultureInfo.InvariantCulture, $"%{b:X2}"));
        }

        return result.ToString();
    }
}
