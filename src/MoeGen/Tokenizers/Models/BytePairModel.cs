using System.Runtime.InteropServices;

namespace MoeGen.Tokenizers;

/// <summary>Byte-pair encoding: a word becomes its characters, and these join by the merges.</summary>
/// <remarks>Thread-safe. Source: Sennrich et al., Neural Machine Translation of Rare Words with Subword Units, 2016.</remarks>
internal sealed class BytePairModel : TokenizerModel
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

    public override void Encode(ReadOnlySpan<char> word, ModelScratch scratch, List<int> ids)
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
        scratch.Word.Clear();
        AddCharacters(word, scratch);
        scratch.Word.MergeAll(_merges);
        scratch.Word.AppendTo(ids);
        _cache.Add(word, CollectionsMarshal.AsSpan(ids)[first..]);
    }

    // a character that is no token is spelled in bytes, or becomes the unknown token, or vanishes when there is none. An unknown token
    // goes behind the bytes that follow it: a slip of the Rust library, for which every model was trained
    private void AddCharacters(ReadOnlySpan<char> word, ModelScratch scratch)
    {
        bool isUnknownPending = false;
        for (int i = 0; i < word.Length;)
        {
            int length = char.IsHighSurrogate(word[i]) ? 2 : 1;
            ReadOnlySpan<char> marked = Mark(word, i, length, scratch);
            i += length;

            int id = marked.Length == 1 && marked[0] < NumDirect ? _directIds[marked[0]]
                : _vocabulary.TryGetId(marked, out int found) ? found : NoToken;
            if (id != NoToken)
            {
                AddPending(ref isUnknownPending, scratch.Word);
                scratch.Word.Add(id);
            }
            else if (_options.Bytes is null || !TryAddBytes(marked, scratch))
            {
                if (!_options.FusesUnknown)
                {
                    AddPending(ref isUnknownPending, scratch.Word);
                }

                isUnknownPending = _options.Unknown is not null;
            }
        }

        AddPending(ref isUnknownPending, scratch.Word);
    }

    private void AddPending(ref bool isUnknownPending, BytePairWord word)
    {
        if (isUnknownPending)
        {
            word.Add(_options.Unknown!.Id);
            isUnknownPending = false;
        }
    }

    private bool TryAddBytes(ReadOnlySpan<char> text, ModelScratch scratch)
    {
        scratch.Ids.Clear();
        bool isSpelled = _options.Bytes!.TrySpell(text, scratch.Ids);
        foreach (int id in scratch.Ids)
        {
            scratch.Word.Add(id);
        }

        return isSpelled;
    }

    // a character as the vocabulary writes it, with the marks of its place in the word
    private ReadOnlySpan<char> Mark(ReadOnlySpan<char> word, int start, int length, ModelScratch scratch)
    {
        string prefix = start > 0 ? _options.Prefix : "";
        string suffix = start + length == word.Length ? _options.Suffix : "";
        ReadOnlySpan<char> character = word.Slice(start, length);
        return prefix.Length + suffix.Length == 0 ? character : scratch.Join(prefix, character, suffix);
    }
}
