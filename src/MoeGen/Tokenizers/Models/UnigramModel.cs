using System.Runtime.InteropServices;

namespace MoeGen.Tokenizers;

/// <summary>Of all ways to put a piece together from tokens, takes the one with the highest sum of scores.</summary>
/// <remarks>
/// Thread-safe. Time grows with the length of the text times that of the longest token. Source: Kudo, Subword Regularization, 2018; the
/// search is that of sentencepiece's unigram_model.cc, EncodeOptimized.
/// </remarks>
internal sealed class UnigramModel : TokenizerModel
{
    private const double UnknownPenalty = 10; // kUnkPenalty of sentencepiece

    private readonly Vocabulary _vocabulary;
    private readonly double[] _scores; // by id
    private readonly UnknownToken _unknown;
    private readonly double _unknownScore;
    private readonly ByteTokens? _bytes;
    private readonly TokenTrie _tokens = new();
    private readonly WordCache _cache = new();

    /// <summary>Makes the model.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="scores">Log-probabilities, one for each token.</param>
    /// <param name="unknown">The token for characters that the vocabulary lacks.</param>
    /// <param name="bytes">Spell what is unknown; null when the model has no byte fallback.</param>
    public UnigramModel(Vocabulary vocabulary, double[] scores, UnknownToken unknown, ByteTokens? bytes)
    {
        _vocabulary = vocabulary;
        _scores = scores;
        _unknown = unknown;
        _unknownScore = scores.Min() - UnknownPenalty;
        _bytes = bytes;
        foreach ((string token, int id) in vocabulary.Tokens)
        {
            _tokens.Add(token, id);
        }
    }

    public override void Encode(ReadOnlySpan<char> word, ModelScratch scratch, List<int> ids)
    {
        if (_cache.TryGet(word, out ReadOnlySpan<int> known))
        {
            ids.AddRange(known);
            return;
        }

        int first = ids.Count;
        UnigramPath path = scratch.Path;
        path.Clear(word.Length);
        for (int start = 0; start < word.Length;)
        {
            start = StepFrom(start, word, path);
        }

        AppendBackwards(word, path, scratch.Ends);
        AppendTokens(word, scratch.Ends, path, ids);
        _cache.Add(word, CollectionsMarshal.AsSpan(ids)[first..]);
    }

    // tries every token that starts at a character; returns where the next character starts
    private int StepFrom(int start, ReadOnlySpan<char> word, UnigramPath path)
    {
        int next = start + (char.IsHighSurrogate(word[start]) ? 2 : 1);
        bool isCharacterKnown = false;
        int node = TokenTrie.Root;
        for (int i = start; i < word.Length; i++)
        {
            node = _tokens.Step(node, word[i]);
            if (node == TokenTrie.None)
            {
                break;
            }

            if (_tokens.TokenAt(node) is int id and not TokenTrie.None)
            {
                isCharacterKnown |= i + 1 == next;
                if (path.IsBetter(start, i + 1, _scores[id]))
                {
                    path.Step(start, i + 1, id, _scores[id]);
                }
            }
        }

        // the unknown token may be missing where nothing needs it
        if (!isCharacterKnown && path.IsBetter(start, next, _unknownScore))
        {
            path.Step(start, next, _unknown.Id, _unknownScore);
        }

        return next;
    }

    // the path is known from its end only
    private static void AppendBackwards(ReadOnlySpan<char> word, UnigramPath path, List<int> ends)
    {
        ends.Clear();
        for (int end = word.Length; end > 0; end = path.Last(end).Start)
        {
            ends.Add(end);
        }
    }

    private void AppendTokens(ReadOnlySpan<char> word, List<int> ends, UnigramPath path, List<int> ids)
    {
        for (int i = ends.Count - 1; i >= 0; i--)
        {
            (int start, int id) = path.Last(ends[i]);
            if (!_unknown.Is(id))
            {
                ids.Add(id);
                continue;
            }

            // a run of unknown tokens is one, and may be a token after all
            while (i > 0 && _unknown.Is(path.Last(ends[i - 1]).Id))
            {
                i--;
            }

            ReadOnlySpan<char> text = word[start..ends[i]];
            if (_vocabulary.TryGetId(text, out int whole))
            {
                ids.Add(whole);
            }
            else if (_bytes is null || !_bytes.TrySpell(text, ids))
            {
                ids.Add(_unknown.Id);
            }
        }
    }
}
