using System.Text;

namespace MoeGen.Templates;

/// <summary>
/// Python's <c>str</c>: a sequence of code points, where a <see cref="string"/> is one of UTF-16 units. With
/// <see cref="IsMarkup"/>, markupsafe's <c>Markup</c>: what is put together with it is escaped.
/// </summary>
internal sealed class TextValue : Value
{
    private int _length = -1;

    public TextValue(string text, bool isMarkup = false)
    {
        Text = text;
        IsMarkup = isMarkup;
    }

    public static TextValue Empty { get; } = new("");

    public string Text { get; }

    public bool IsMarkup { get; }

    public override string TypeName => IsMarkup ? "Markup" : "str";

    public override bool IsTrue => Text.Length > 0;

    public override int? Length => NumCodePoints;

    public int NumCodePoints => _length >= 0 ? _length : _length = CodePoints.Count(Text);

    /// <summary>Whether every UTF-16 unit is a code point, so that indexes need no counting.</summary>
    public bool IsFlat => NumCodePoints == Text.Length;

    /// <summary>Another text of the same kind.</summary>
    public TextValue With(string text) => new(text, IsMarkup);

    public override IEnumerator<Value> Iterate()
    {
        for (int i = 0; i < Text.Length;)
        {
            int length = CodePoints.LengthAt(Text, i);
            yield return new TextValue(Text.Substring(i, length));
            i += length;
        }
    }

    public override IEnumerator<Value> Reverse()
    {
        for (int i = Text.Length; i > 0;)
        {
            int length = i > 1 && char.IsSurrogatePair(Text[i - 2], Text[i - 1]) ? 2 : 1;
            i -= length;
            yield return With(Text.Substring(i, length));
        }
    }

    public override Value? FindItem(Value key)
    {
        if (SequenceIndex.Resolve(key, NumCodePoints) is not int index)
        {
            return null;
        }

        int start = IsFlat ? index : CodePoints.OffsetOf(Text, index);
        return With(Text.Substring(start, CodePoints.LengthAt(Text, start)));
    }

    public override Value? FindAttribute(string name) => TextMethods.Find(this, name);

    public override bool? Contains(Value item) => item is TextValue text
        ? Text.Contains(text.Text, StringComparison.Ordinal)
        : throw (item as UndefinedValue)?.Fault ?? new TemplateFault($"'in <string>' requires string as left operand, not {item.TypeName}");

    public override void AppendRepr(StringBuilder text)
    {
        text.Append(IsMarkup ? "Markup(" : "");
        TextRepr.Append(Text, text);
        text.Append(IsMarkup ? ")" : "");
    }

    public override string ToString() => Text;

    public override bool Equals(Value? other) => other is TextValue text && text.Text == Text;

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);
}
