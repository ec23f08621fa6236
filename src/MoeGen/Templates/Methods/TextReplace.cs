using System.Text;

namespace MoeGen.Templates;

/// <summary>Python's <c>str.replace</c> and what is like it, with the size of the result known before it is made.</summary>
internal static class TextReplace
{
    /// <summary>Replaces the first <paramref name="count"/> occurrences, all when it is negative; an empty part occurs
    /// everywhere.</summary>
    public static string Replace(RenderContext context, string text, string old, string replacement, int count)
    {
        int numFound = Count(text, old), times = count < 0 ? numFound : Math.Min(count, numFound);
        long length = text.Length + ((long)times * (replacement.Length - old.Length));
        context.ReserveText(length);
        if (times == 0)
        {
            return text;
        }

        StringBuilder result = new((int)length);
        int position = 0;
        if (old.Length == 0)
        {
            for (; times > 0; times--)
            {
                result.Append(replacement);
                int step = position < text.Length ? CodePoints.LengthAt(text, position) : 0;
                result.Append(text, position, step);
                position += step;
            }
        }
        else
        {
            for (; times > 0; times--)
            {
                int index = text.IndexOf(old, position, StringComparison.Ordinal);
                result.Append(text, position, index - position).Append(replacement);
                position = index + old.Length;
            }
        }

        return result.Append(text, position, text.Length - position).ToString();
    }

    /// <summary><c>str.count</c>: occurrences that do not overlap.</summary>
    public static int Count(string text, string part)
    {
        if (part.Length == 0)
        {
            return CodePoints.Count(text) + 1;
        }

        int count = 0;
        int index = text.IndexOf(part, StringComparison.Ordinal);
        while (index >= 0)
        {
            count++;
            index = text.IndexOf(part, index + part.Length, StringComparison.Ordinal);
        }

        return count;
    }

    /// <summary><c>str.expandtabs</c>.</summary>
    public static string ExpandTabs(RenderContext context, string text, int tabSize)
    {
        TextBuilder result = new(context);
        int column = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\t')
            {
                int blanks = tabSize > 0 ? tabSize - (column % tabSize) : 0;
                context.ReserveText(blanks);
                result.Append(new string(' ', blanks));
                column += blanks;
            }
            else
            {
                int length = CodePoints.LengthAt(text, i);
                result.Append(text.Substring(i, length));
                column = text[i] is '\n' or '\r' ? 0 : column + 1;
                i += length - 1;
            }
        }

        return result.ToString();
    }
}
