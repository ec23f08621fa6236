using System.Net;

namespace MoeGen.Templates;

/// <summary>Filters about HTML. Nothing is escaped unless a template asks for it.</summary>
internal static class MarkupFilters
{
    public static IEnumerable<Function> All { get; } =
    [
        new("escape", "s", (context, a) => Markup.Escape(context, a[0]!)),
        new("forceescape", "value", (context, a) => Markup.Escape(new TextValue(context.ToText(a[0]!)))),
        new("safe", "value", (context, a) => new TextValue(context.ToText(a[0]!), isMarkup: true)),
        new("striptags", "value", (context, a) => context.Text(StripTags(context.ToText(a[0]!)))),
        new("xmlattr", "d autospace?", XmlAttributes),
    ];

    private static string StripTags(string text)
    {
        string bare = Cut(Cut(text, "<!--", "-->"), "<", ">");
        return WebUtility.HtmlDecode(string.Join(' ', TextSplit.Split(bare, null, -1)));
    }

    private static string Cut(string text, string open, string close)
    {
        System.Text.StringBuilder rest = new();
        int position = 0;
        for (int start; (start = text.IndexOf(open, position, StringComparison.Ordinal)) >= 0;)
        {
            int end = text.IndexOf(close, start, StringComparison.Ordinal);
            if (end < 0)
            {
                break;
            }

            rest.Append(text, position, start - position);
            position = end + close.Length;
        }

        return rest.Append(text, position, text.Length - position).ToString();
    }

    private static TextValue XmlAttributes(RenderContext context, Value?[] a)
    {
        DictValue attributes = a[0] as DictValue ?? throw new TemplateFault($"xmlattr needs a mapping, not '{a[0]!.TypeName}'");
        TextBuilder text = new(context);
        bool isSpaced = a[1].AsFlag(whenAbsent: true);
        foreach ((Value key, Value value) in attributes.Items)
        {
            if (value is NoneValue or UndefinedValue)
            {
                continue;
            }

            if (key.AsText().AsSpan().IndexOfAny(" \t\n\r\f\v/>=") >= 0)
            {
                throw new TemplateFault("invalid character in attribute name");
            }

            text.Append(isSpaced ? " " : "");
            text.Append($"{Markup.Escape(context, key).Text}=\"{Markup.Escape(context, value).Text}\"");
            isSpaced = true;
        }

        return new TextValue(text.ToString());
    }
}
