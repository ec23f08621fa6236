using System.Buffers;

namespace MoeGen.Tokenizers;

/// <summary>Finds the leftmost, and there the longest, of many fixed texts.</summary>
/// <remarks>Immutable. Time per character grows with the logarithm of the number of texts, and only where one of them may start.</remarks>
internal sealed class PrefixSearch
{
    private readonly string[] _texts; // sorted ordinally, distinct, none empty
    private readonly SearchValues<char> _firsts;

    public PrefixSearch(IEnumerable<string> texts)
    {
        _texts = [.. texts];
        Array.Sort(_texts, StringComparer.Ordinal);
        _firsts = SearchValues.Create([.. _texts.Select(text => text[0]).Distinct()]);
    }

    /// <summary>Finds the next occurrence.</summary>
    /// <param name="text">Where to look.</param>
    /// <param name="start">First position to look at.</param>
    /// <param name="position">Where the occurrence starts.</param>
    /// <returns>The text found, or null.</returns>
    public string? FindNext(ReadOnlySpan<char> text, int start, out int position)
    {
        position = start;
        while (text[position..].IndexOfAny(_firsts) is int offset and >= 0)
        {
            position += offset;
            if (FindLongest(text[position..]) is string found)
            {
                return found;
            }

            position++;
        }

        return null;
    }

    // narrows the sorted texts, character by character, to those that the text starts with
    private string? FindLongest(ReadOnlySpan<char> text)
    {
        string? longest = null;
        int low = 0;
        int high = _texts.Length;
        for (int depth = 0; low < high; depth++)
        {
            // the shortest sorts first: it is there in full
            if (_texts[low].Length == depth)
            {
                longest = _texts[low++];
            }

            if (depth == text.Length)
            {
                break;
            }

            int next = text[depth];
            low = LowerBound(low, high, depth, next);
            high = LowerBound(low, high, depth, next + 1);
        }

        return longest;
    }

    // the first text whose character at a depth is not below a value
    private int LowerBound(int low, int high, int depth, int value)
    {
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_texts[middle][depth] < value)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
