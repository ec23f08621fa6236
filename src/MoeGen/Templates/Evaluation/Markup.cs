namespace MoeGen.Templates;

/// <summary>markupsafe: texts that are marked as HTML, and escaping of those that are not.</summary>
internal static class Markup
{
    public static TextValue Escape(TextValue text) => text.IsMarkup ? text : new TextValue(Escape(text.Text), isMarkup: true);

    /// <summary>Python's <c>escape(str(value))</c>, counted.</summary>
    public static TextValue Escape(RenderContext context, Value value)
    {
        TextValue text = Escape(context.ToSoftText(value));
        context.ReserveText(text.Text.Length);
        return text;
    }

    private static string Escape(string text) => text
        .Replace("&", "&amp;", StringComparison.Ordinal)
        .Replace(">", "&gt;", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal)
        .Replace("'", "&#39;", StringComparison.Ordinal)
        .Replace("\"", "&#34;", StringComparison.Ordinal);
}
