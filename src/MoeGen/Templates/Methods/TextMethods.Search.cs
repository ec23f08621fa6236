namespace MoeGen.Templates;

/// <summary>Finding parts of a text.</summary>
internal static partial class TextMethods
{
    private static void AddSearch(MethodTable methods)
    {
        methods.Add("startswith", "prefix start? end? /", (_, a) =>
            Affix(a, (text, prefix) => text.StartsWith(prefix, StringComparison.Ordinal)));
        methods.Add("endswith", "suffix start? end? /", (_, a) =>
            Affix(a, (text, suffix) => text.EndsWith(suffix, StringComparison.Ordinal)));
        methods.Add("find", "part start? end? /", (_, a) => IntValue.Of(FindPart(a, isLast: false)));
        methods.Add("rfind", "part start? end? /", (_, a) => IntValue.Of(FindPart(a, isLast: true)));
        methods.Add("index", "part start? end? /", (_, a) => IntValue.Of(Require(FindPart(a, isLast: false))));
        methods.Add("rindex", "part start? end? /", (_, a) => IntValue.Of(Require(FindPart(a, isLast: true))));
        methods.Add("count", "part start? end? /", (context, a) =>
        {
            string? text = Range(a, out _);
            return IntValue.Of(text is null ? 0 : TextReplace.Count(text, a[1].AsText()));
        });
        methods.Add("removeprefix", "prefix /", (context, a) =>
        {
            string text = Self(a).Text, prefix = a[1].AsText();
            return Result(context, a, text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : text);
        });
        methods.Add("removesuffix", "suffix /", (context, a) =>
        {
            string text = Self(a).Text, suffix = a[1].AsText();
            return Result(context, a, text.EndsWith(suffix, StringComparison.Ordinal) ? text[..^suffix.Length] : text);
        });
    }

    private static BoolValue Affix(Value?[] arguments, Func<string, string, bool> matches)
    {
        string? text = Range(arguments, out _);
        IReadOnlyList<Value> affixes = arguments[1] is TupleValue tuple ? tuple.Items : [arguments[1]!];
        string[] parts = [.. affixes.Select(affix => affix.AsText())];
        return BoolValue.Of(text is not null && parts.Any(part => matches(text, part)));
    }

    private static int FindPart(Value?[] arguments, bool isLast)
    {
        string part = arguments[1].AsText();
        if (Range(arguments, out int start) is not { } text)
        {
            return -1;
        }

        int index = isLast
            ? part.Length == 0 ? text.Length : text.LastIndexOf(part, StringComparison.Ordinal)
            : text.IndexOf(part, StringComparison.Ordinal);
        return index < 0 ? -1 : start + CodePoints.Count(text.AsSpan(0, index));
    }

    private static int Require(int index) => index >= 0 ? index : throw new TemplateFault("substring not found");

    /// <summary>The part of the text between the arguments <c>start</c> and <c>end</c>; null where they exclude even an empty
    /// part.</summary>
    private static string? Range(Value?[] arguments, out int start)
    {
        TextValue self = Self(arguments);
        int length = self.NumCodePoints;
        start = Bound(arguments[2], 0);
        int end = Math.Min(Bound(arguments[3], length), length);
        if (start > end)
        {
            return null;
        }

        int from = self.IsFlat ? start : CodePoints.OffsetOf(self.Text, start);
        int to = self.IsFlat ? end : CodePoints.OffsetOf(self.Text, end);
        return self.Text[from..to];

        int Bound(Value? value, int whenAbsent)
        {
            int bound = value.IsGiven() ? value.AsCount() : whenAbsent;
            return bound < 0 ? (int)Math.Max((long)bound + length, 0) : bound;
        }
    }
}
