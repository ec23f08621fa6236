namespace MoeGen.Templates;

/// <summary>Cutting a text into parts, and white space off its ends.</summary>
internal static partial class TextMethods
{
    private static void AddSplit(MethodTable methods)
    {
        methods.Add("split", "sep? maxsplit?", (context, a) =>
            Parts(context, a, TextSplit.Split(Self(a).Text, Separator(a), a[2].AsCount(-1))));
        methods.Add("rsplit", "sep? maxsplit?", (context, a) =>
            Parts(context, a, TextSplit.SplitFromEnd(Self(a).Text, Separator(a), a[2].AsCount(-1))));
        methods.Add("splitlines", "keepends?", (context, a) => Parts(context, a, TextSplit.Lines(Self(a).Text, a[1].AsFlag())));
        methods.Add("partition", "sep /", (_, a) => Partition(a, isLast: false));
        methods.Add("rpartition", "sep /", (_, a) => Partition(a, isLast: true));
        methods.Add("strip", "chars? /", (_, a) => Self(a).With(TextSplit.Strip(Self(a).Text, Chars(a), atStart: true, atEnd: true)));
        methods.Add("lstrip", "chars? /", (_, a) => Self(a).With(TextSplit.Strip(Self(a).Text, Chars(a), atStart: true, atEnd: false)));
        methods.Add("rstrip", "chars? /", (_, a) => Self(a).With(TextSplit.Strip(Self(a).Text, Chars(a), atStart: false, atEnd: true)));
    }

    private static string? Chars(Value?[] arguments) => arguments[1].IsGiven() ? arguments[1].AsText() : null;

    private static string? Separator(Value?[] arguments)
    {
        string? separator = Chars(arguments);
        return separator is not "" ? separator : throw new TemplateFault("empty separator");
    }

    private static ListValue Parts(RenderContext context, Value?[] arguments, List<string> parts)
    {
        TextValue self = Self(arguments);
        context.Step(parts.Count);
        context.ReserveText(self.Text.Length);
        return new ListValue([.. parts.Select(self.With)]);
    }

    private static TupleValue Partition(Value?[] arguments, bool isLast)
    {
        TextValue self = Self(arguments);
        string text = self.Text, separator = arguments[1].AsText();
        if (separator.Length == 0)
        {
            throw new TemplateFault("empty separator");
        }

        int index = isLast ? text.LastIndexOf(separator, StringComparison.Ordinal) : text.IndexOf(separator, StringComparison.Ordinal);
        string[] parts = index >= 0 ? [text[..index], separator, text[(index + separator.Length)..]]
            : isLast ? ["", "", text]
            : [text, "", ""];
        return new TupleValue([.. parts.Select(self.With)]);
    }
}
