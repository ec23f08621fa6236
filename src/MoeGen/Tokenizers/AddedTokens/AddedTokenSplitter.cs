using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>Finds added tokens in a text: the leftmost and there the longest. Immutable.</summary>
internal sealed class AddedTokenSplitter
{
    private readonly PrefixSearch _search;
    private readonly Dictionary<string, AddedToken> _tokens; // by the text that stands for them

    /// <summary>Takes the tokens to find.</summary>
    /// <param name="tokens">Each with the text to look for: its content, normalized when the text will be.</param>
    public AddedTokenSplitter(IEnumerable<(string Text, AddedToken Token)> tokens)
    {
        _tokens = new Dictionary<string, AddedToken>(StringComparer.Ordinal);
        foreach ((string text, AddedToken token) in tokens)
        {
            // of two tokens that normalize to the same text the first counts
            if (text.Length != 0)
            {
                _tokens.TryAdd(text, token);
            }
        }

        _search = new PrefixSearch(_tokens.Keys);
    }

    /// <summary>Appends the tokens and the texts between them, in their order; texts are never empty.</summary>
    /// <param name="text">Valid UTF-16.</param>
    /// <param name="segments">Receives positions relative to the start of <paramref name="text"/>.</param>
    public void Split(ReadOnlySpan<char> text, List<TextSegment> segments)
    {
        int end = 0; // of what is in segments
        int searchFrom = 0;
        while (_search.FindNext(text, searchFrom, out int start) is string found)
        {
            AddedToken token = _tokens[found];
            int stop = start + found.Length;
            searchFrom = stop;
            if (token.IsSingleWord && (EndsWithWord(text[..start]) || StartsWithWord(text[stop..])))
            {
                continue;
            }

            if (token.StripsLeft)
            {
                start = Math.Max(end, text[..start].TrimEnd().Length);
            }

            if (token.StripsRight)
            {
                stop = text.Length - text[stop..].TrimStart().Length;
            }

            // the search goes on behind the token, not behind the white space it swallowed: another token may start in there
            AddText(segments, end, start);
            segments.Add(new TextSegment(new TextRange(start, Math.Max(0, stop - start)), token.Id));
            end = stop;
        }

        AddText(segments, end, text.Length);
    }

    private static void AddText(List<TextSegment> segments, int start, int end)
    {
        if (start < end)
        {
            segments.Add(new TextSegment(new TextRange(start, end - start), null));
        }
    }

    private static bool EndsWithWord(ReadOnlySpan<char> text) => !text.IsEmpty
        && Rune.DecodeLastFromUtf16(text, out Rune last, out _) == System.Buffers.OperationStatus.Done && CodePoints.IsWordCharacter(last);

    private static bool StartsWithWord(ReadOnlySpan<char> text) => !text.IsEmpty
        && Rune.DecodeFromUtf16(text, out Rune first, out _) == System.Buffers.OperationStatus.Done && CodePoints.IsWordCharacter(first);
}
