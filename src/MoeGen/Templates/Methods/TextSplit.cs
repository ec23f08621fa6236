namespace MoeGen.Templates;

/// <summary>Python's ways to cut a text.</summary>
internal static class TextSplit
{
    /// <summary><c>str.split</c>: without a separator, at runs of white space.</summary>
    public static List<string> Split(string text, string? separator, int maxSplit)
    {
        List<string> parts = [];
        int position = 0;
        if (separator is null)
        {
            while (true)
            {
                position = Skip(text, position, isSpace: true);
                if (position == text.Length)
                {
                    return parts;
                }

                int end = maxSplit >= 0 && parts.Count >= maxSplit ? text.Length : Skip(text, position, isSpace: false);
                parts.Add(text[position..end]);
                position = end;
            }
        }

        for (int index; (maxSplit < 0 || parts.Count < maxSplit)
            && (index = text.IndexOf(separator, position, StringComparison.Ordinal)) >= 0;)
        {
            parts.Add(text[position..index]);
            position = index + separator.Length;
        }

        parts.Add(text[position..]);
        return parts;
    }

    /// <summary><c>str.rsplit</c>: the same from the end.</summary>
    public static List<string> SplitFromEnd(string text, string? separator, int maxSplit)
    {
        maxSplit = maxSplit < 0 ? int.MaxValue : maxSplit;
        List<string> parts = [];
        int end = text.Length;
        if (separator is null)
        {
            while (true)
            {
                while (end > 0 && PythonSpace.IsSpace(text[end - 1]))
                {
                    end--;
                }

                if (end == 0)
                {
                    break;
                }

                int start = end;
                while (parts.Count >= maxSplit ? start > 0 : start > 0 && !PythonSpace.IsSpace(text[start - 1]))
                {
                    start--;
                }

                parts.Add(text[start..end]);
                end = start;
            }
        }
        else
        {
            for (int index; parts.Count < maxSplit && (index = LastIndexOf(text, separator, end)) >= 0;)
            {
                parts.Add(text[(index + separator.Length)..end]);
                end = index;
            }

            parts.Add(text[..end]);
        }

        parts.Reverse();
        return parts;
    }

    /// <summary><c>str.splitlines</c>.</summary>
    public static List<string> Lines(string text, bool keepsEnds)
    {
        List<string> lines = [];
        int start = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (PythonSpace.IsLineEnd(text[i]))
            {
                int end = i;
                i += text[i] == '\r' && i + 1 < text.Length && text[i + 1] == '\n' ? 1 : 0;
                lines.Add(text[start..(keepsEnds ? i + 1 : end)]);
                start = i + 1;
            }
        }

        if (start < text.Length)
        {
            lines.Add(text[start..]);
        }

        return lines;
    }

    /// <summary><c>str.strip</c>: takes off any of some characters, or white space.</summary>
    public static string Strip(string text, string? chars, bool atStart, bool atEnd)
    {
        int start = 0, end = text.Length;
        while (atStart && start < end && CodePoints.LengthAt(text, start) is int length && IsIn(start, length))
        {
            start += length;
        }

        while (atEnd && end > start && LengthBefore(text, end) is int length && end - length >= start && IsIn(end - length, length))
        {
            end -= length;
        }

        return text[start..end];

        bool IsIn(int index, int length) => chars is null ? PythonSpace.IsSpace(text[index])
            : length == 1 ? chars.Contains(text[index])
            : chars.Contains(text.Substring(index, length), StringComparison.Ordinal);
    }

    private static int LengthBefore(string text, int end) => end > 1 && char.IsSurrogatePair(text[end - 2], text[end - 1]) ? 2 : 1;

    private static int LastIndexOf(string text, string separator, int end) =>
        end < separator.Length ? -1 : text.AsSpan(0, end).LastIndexOf(separator, StringComparison.Ordinal);

    private static int Skip(string text, int position, bool isSpace)
    {
        while (position < text.Length && PythonSpace.IsSpace(text[position]) == isSpace)
        {
            position++;
        }

        return position;
    }
}
