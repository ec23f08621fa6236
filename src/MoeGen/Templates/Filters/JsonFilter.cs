namespace MoeGen.Templates;

/// <summary>The filter <c>tojson</c>, with the parameters that transformers gives it.</summary>
internal static class JsonFilter
{
    public static Function Filter { get; } = new("tojson", "x ensure_ascii? indent? separators? sort_keys?", (context, a) =>
    {
        (string, string)? separators = null;
        if (a[3].IsGiven())
        {
            List<Value> parts = context.ToList(a[3]!);
            separators = parts.Count == 2
                ? (parts[0].AsText(), parts[1].AsText())
                : throw new TemplateFault("separators must be two strings");
        }

        return context.Text(JsonText.Write(context, a[0]!, a[1].AsFlag(), IndentOf(context, a[2]), separators, a[4].AsFlag()));
    });

    private static string? IndentOf(RenderContext context, Value? indent)
    {
        if (!indent.IsGiven())
        {
            return null;
        }

        if (indent is TextValue text)
        {
            return text.Text;
        }

        int count = Math.Max(0, indent.AsCount());
        context.ReserveText(count);
        return new string(' ', count);
    }
}
