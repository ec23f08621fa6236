using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>
/// A word is the longest token it starts with, then the longest one that goes on there, marked by a prefix, and so on; or else unknown.
/// </summary>
/// <remarks>Thread-safe. Source: Schuster and Nakajima, Japanese and Korean Voice Search, 2012; as BERT has it.</remarks>
internal sealed class WordPieceModel : TokenizerModel
{
    private readonly TokenTrie _tokens = new();
    private readonly UnknownToken _unknown;
    private readonly int _continuing; // the node of the prefix, None when no token goes on with a word
    private readonly int _maxRunes;

    /// <summary>Makes the model.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="unknown">The token for words that cannot be put together.</param>
    /// <param name="prefix">Marks tokens that go on with a word.</param>
    /// <param name="maxRunes">Longer words are unknown.</param>
    public WordPieceModel(Vocabulary vocabulary, UnknownToken unknown, string prefix, int maxRunes)
    {
        foreach ((string token, int id) in vocabulary.Tokens)
        {
            _tokens.Add(token, id);
        }

        _unknown = unknown;
        _continuing = _tokens.Find(prefix);
        _maxRunes = maxRunes;
    }

    public override void Encode(ReadOnlySpan<char> word, ModelScratch scratch, List<int> ids)
    {
        int first = ids.Count;
        bool isKnown = CountRunes(word) <= _maxRunes;
        for (int start = 0; isKnown && start < word.Length;)
        {
            int length = FindLongest(word[start..], start == 0 ? TokenTrie.Root : _continuing, out int id);
            isKnown = length > 0;
            ids.Add(id);
            start += length;
        }

        if (!isKnown)
        {
            ids.RemoveRange(first, ids.Count - first);
            ids.Add(_unknown.Id);
        }
    }

    private static int CountRunes(ReadOnlySpan<char> word)
    {
        int count = 0;
        foreach (Rune _ in word.EnumerateRunes())
        {
            count++;
        }

        return count;
    }

    private int FindLongest(ReadOnlySpan<char> text, int node, out int id)
    {
        id = TokenTrie.None;
        int length = 0;
        for (int i = 0; i < text.Length && node != TokenTrie.None; i++)
        {
            node = _tokens.Step(node, text[i]);
            if (node != TokenTrie.None && _tokens.TokenAt(node) is int token and not TokenTrie.None)
            {
                id = token;
                length = i + 1;
            }
        }

        return length;
    }
}
