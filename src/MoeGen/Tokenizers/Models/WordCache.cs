using System.Collections.Concurrent;

namespace MoeGen.Tokenizers;

/// <summary>Remembers the tokens of words: a text repeats most of its words. Thread-safe and bounded; what is in it stays.</summary>
internal sealed class WordCache
{
    // some 3 MB when full; the words of a language beyond the first ten thousand are too rare to matter
    private const int MaxWords = 16384;
    private const int MaxWordLength = 32;

    private readonly ConcurrentDictionary<string, int[]> _words = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> _wordsBySpan;
    private int _numWords; // may run ahead of the dictionary when two threads add the same word

    public WordCache()
    {
        _wordsBySpan = _words.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public bool TryGet(ReadOnlySpan<char> word, out ReadOnlySpan<int> ids)
    {
        ids = default;
        if (word.Length > MaxWordLength || !_wordsBySpan.TryGetValue(word, out int[]? found))
        {
            return false;
        }

        ids = found;
        return true;
    }

    public void Add(ReadOnlySpan<char> word, ReadOnlySpan<int> ids)
    {
        if (word.Length <= MaxWordLength && _numWords < MaxWords && Interlocked.Increment(ref _numWords) <= MaxWords)
        {
            _wordsBySpan.TryAdd(word, ids.ToArray());
        }
    }
}
