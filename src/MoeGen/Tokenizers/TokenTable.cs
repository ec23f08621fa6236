namespace MoeGen.Tokenizers;

/// <summary>All tokens by id: what they add to a text and whether they are special. Immutable.</summary>
internal sealed class TokenTable
{
    private const byte Unused = 0;
    private const byte Ordinary = 1;
    private const byte Special = 2;

    private readonly Vocabulary _vocabulary;
    private readonly Dictionary<string, int> _addedIds;
    private readonly byte[] _kinds; // by id
    private readonly int[] _starts; // by id and one more: where the bytes of a token start in _bytes
    private readonly byte[] _bytes;

    /// <summary>Lays out the tokens of the model and the added ones.</summary>
    /// <param name="vocabulary">The tokens of the model.</param>
    /// <param name="addedTokens">Tokens found in the text itself; those of the vocabulary keep its id.</param>
    /// <param name="origin">File and JSON path of the added tokens, for errors.</param>
    /// <exception cref="TokenizerFormatException">An added token would get the id of another token.</exception>
    public TokenTable(Vocabulary vocabulary, IReadOnlyList<AddedToken> addedTokens, string origin)
    {
        _vocabulary = vocabulary;
        _addedIds = addedTokens.ToDictionary(token => token.Content, token => token.Id, StringComparer.Ordinal);

        IEnumerable<int> ids = vocabulary.Tokens.Values.Concat(_addedIds.Values);
        Size = ids.DefaultIfEmpty(-1).Max() + 1;
        _kinds = new byte[Size];
        string[] contents = new string[Size];
        foreach ((string content, int id) in vocabulary.Tokens)
        {
            _kinds[id] = Ordinary;
            contents[id] = content;
        }

        foreach (AddedToken token in addedTokens)
        {
            if (_kinds[token.Id] != Unused && contents[token.Id] != token.Content)
            {
                string added = TokenizerNode.Quote(token.Content);
                string there = TokenizerNode.Quote(contents[token.Id]);
                throw new TokenizerFormatException(
                    $"{origin} puts {added} behind the {vocabulary.Count} tokens of the model, at id {token.Id}, where {there} is already");
            }

            _kinds[token.Id] = token.IsSpecial ? Special : Ordinary;
            contents[token.Id] = token.Content;
        }

        _starts = new int[Size + 1];
        using MemoryStream bytes = new();
        for (int id = 0; id < Size; id++)
        {
            _starts[id] = (int)bytes.Length;
            bytes.Write(_kinds[id] == Unused ? [] : ByteLevelDecoder.GetBytes(contents[id]));
            MaxTokenBytes = Math.Max(MaxTokenBytes, (int)bytes.Length - _starts[id]);
        }

        _starts[Size] = (int)bytes.Length;
        _bytes = bytes.ToArray();
    }

    /// <summary>The highest id and one more.</summary>
    public int Size { get; }

    /// <summary>Length of the longest token.</summary>
    public int MaxTokenBytes { get; }

    public bool Contains(int id) => (uint)id < (uint)Size && _kinds[id] != Unused;

    public bool IsSpecial(int id) => (uint)id < (uint)Size && _kinds[id] == Special;

    public bool TryGetId(string token, out int id) => _addedIds.TryGetValue(token, out id) || _vocabulary.TryGetId(token, out id);

    /// <summary>Returns what a token adds to a text.</summary>
    /// <exception cref="UnknownTokenException">No token has the id.</exception>
    public ReadOnlySpan<byte> GetBytes(int id) => Contains(id)
        ? _bytes.AsSpan(_starts[id].._starts[id + 1])
        : throw new UnknownTokenException(id, Size);
}
