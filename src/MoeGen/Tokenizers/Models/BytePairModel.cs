using System.Runtime.InteropServices;

namespace MoeGen.Tokenizers;

/// <summary>Byte-pair encoding: a word becomes its characters, and these join by the merges.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class BytePairModel
{
    private const int NoToken = -1;

    // the characters of a byte-level word end at U+0143; these are found without hashing
    private const int NumDirect = 0x180;

    private readonly Vocabulary _vocabulary;
    private readonly MergeTable _merges;
    private readonly BytePairOptions _options;
    private readonly int[] _directIds = new int[NumDirect];
    private readonly WordCache _cache = new();

    public BytePairModel(Vocabulary vocabulary, MergeTable merges, BytePairOptions options)
    {
        _vocabulary = vocabulary;
        _merges = merges;
        _options = options;
        for (int c = 0; c < NumDirect; c++)
        {
            _directIds[c] = vocabulary.TryGetId([(char)c], out int id) ? id : NoToken;
        }
    }

    /// <summary>Appends the tokens of a word.</summary>
    /// <param name="word">Valid UTF-16; not empty.</param>
    /// <param name="scratch">Scratch of the caller, reused from word to word.</param>
    /// <param name="ids">Receives the tokens.</param>
    public void Encode(ReadOnlySpan<char> word, BytePairWord scratch, List<int> ids)
    {
        if (_options.IgnoresMerges && _vocabulary.TryGetId(word, out int whole))
        {
            ids.Add(whole);
            return;
        }

        if (_cache.TryGet(word, out ReadOnlySpan<int> known))
        {
            ids.AddRange(known);
            return;
        }

        int first = ids.Count;
        scratch.Clear();
        AddCharacters(word, scratch);
        scratch.MergeAll(_merges);
        scratch.AppendTo(ids);
        _cache.Add(word, CollectionsMarshal.AsSpan(ids)[first..]);
    }

    // a character that is no token becomes the unknown token, or vanishes when there is none; so the Rust library does it
    private void AddCharacters(ReadOnlySpan<char> word, BytePairWord scratch)
    {
        bool wasUnknown = false;
        for (int i = 0; i < word.Length;)
        {
            int length = char.IsHighSurrogate(word[i]) ? 2 : 1;
            int id = word[i] < NumDirect ? _directIds[word[i]]
                : _vocabulary.TryGetId(word.Slice(i, length), out int found) ? found : NoToken;
            i += length;

            bool isUnknown = id == NoToken;
            if (!isUnknown)
            {
                scratch.Add(id);
            }
            else if (_options.UnknownId is int unknown && !(wasUnknown && _options.FusesUnknown))
            {
                scratch.Add(unknown);
            }

            wasUnknown = isUnknown;
        }
    }
}
