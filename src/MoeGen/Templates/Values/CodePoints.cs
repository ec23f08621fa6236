using System.Text;

namespace MoeGen.Templates;

/// <summary>Strings as sequences of code points; half of a surrogate pair counts as one.</summary>
internal static class CodePoints
{
    public static int LengthAt(string text, int index) =>
        index + 1 < text.Length && char.IsSurrogatePair(text[index], text[index + 1]) ? 2 : 1;

    public static int Count(ReadOnlySpan<char> text)
    {
        int count = text.Length;
        for (int i = text.IndexOfAnyInRange('\ud800', '\udbff'); i >= 0 && i + 1 < text.Length; i++)
        {
            if (char.IsSurrogatePair(text[i], text[i + 1]))
            {
                count--;
                i++;
            }
        }

        return count;
    }

    /// <summary>The index of the UTF-16 unit at which a code point starts.</summary>
    public static int OffsetOf(string text, int codePoint)
    {
        int offset = 0;
        for (; codePoint > 0 && offset < text.Length; codePoint--)
        {
            offset += LengthAt(text, offset);
        }

        return offset;
    }

    /// <summary>The code points at some indexes, as a text of the same kind.</summary>
    public static TextValue Select(TextValue text, ReadOnlySpan<int> indexes)
    {
        StringBuilder selected = new(indexes.Length);
        if (text.IsFlat)
        {
            foreach (int index in indexes)
            {
                selected.Append(text.Text[index]);
            }
        }
        else
        {
            int[] offsets = new int[text.NumCodePoints];
            for (int i = 0, offset = 0; i < offsets.Length; offset += LengthAt(text.Text, offset), i++)
            {
                offsets[i] = offset;
            }

            foreach (int index in indexes)
            {
                selected.Append(text.Text, offsets[index], LengthAt(text.Text, offsets[index]));
            }
        }

        return text.With(selected.ToString());
    }

    /// <summary>Compares as Python does, by code point; .NET's ordinal order puts surrogates before U+E000.</summary>
    public static int Compare(string left, string right)
    {
        int common = left.AsSpan().CommonPrefixLength(right);
        if (common == left.Length || common == right.Length)
        {
            return left.Length.CompareTo(right.Length);
        }

        char a = left[common], b = right[common];
        return char.IsSurrogate(a) == char.IsSurrogate(b) ? a.CompareTo(b) : char.IsSurrogate(a) ? 1 : -1;
    }
}
