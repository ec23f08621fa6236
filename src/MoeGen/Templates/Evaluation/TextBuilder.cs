using System.Text;

namespace MoeGen.Templates;

/// <summary>Puts a text together, counted as it grows.</summary>
internal sealed class TextBuilder(RenderContext context)
{
    private readonly StringBuilder _text = new();

    public void Append(string text)
    {
        if (_text.Length + text.Length > TemplateLimits.MaxText)
        {
            throw new TemplateFault($"a text of more than {TemplateLimits.MaxText} characters");
        }

        context.ReserveText(text.Length);
        _text.Append(text);
    }

    public override string ToString() => _text.ToString();
}
