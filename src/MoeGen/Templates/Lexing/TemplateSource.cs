namespace MoeGen.Templates;

/// <summary>The text of a template under its name, with line ends as jinja2 reads them: LF only, and none at the very end.</summary>
internal sealed class TemplateSource
{
    public TemplateSource(string text, string name)
    {
        Name = name;
        string unified = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        Text = unified.EndsWith('\n') ? unified[..^1] : unified;
        if (Text.Length > TemplateLimits.MaxSource)
        {
            throw new ChatTemplateException(
                $"{name}: the template has {Text.Length} characters; at most {TemplateLimits.MaxSource} are read");
        }
    }

    /// <summary>The file, as errors name it.</summary>
    public string Name { get; }

    public string Text { get; }

    /// <summary>The line of a character, from 1.</summary>
    public int LineOf(int position) => Text.AsSpan(0, Math.Min(position, Text.Length)).Count('\n') + 1;

    /// <summary>Returns the error at a place; the caller throws it.</summary>
    /// <param name="position">Index of a character.</param>
    /// <param name="message">What was found and what was expected.</param>
    public ChatTemplateException Fault(int position, string message)
    {
        int start = Math.Min(position, Text.Length);
        int lineStart = start == 0 ? 0 : Text.LastIndexOf('\n', start - 1) + 1;
        return new ChatTemplateException($"{Name}({LineOf(position)},{start - lineStart + 1}): {message}");
    }
}
