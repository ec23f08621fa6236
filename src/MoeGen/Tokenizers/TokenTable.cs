namespace MoeGen.Tokenizers;

/// <summary>All tokens by id: how they are written and whether they are special. Immutable.</summary>
internal sealed class TokenTable
{
    private readonly Vocabulary _vocabulary;
    private readonly Dictionary<string, int> _addedIds;
    private readonly string?[] _texts; // by id, null where no token is
    private readonly HashSet<int> _specialIds = [];
    private readonly HashSet<int> _skippedIds = [];

    /// <summary>Lays out the tokens of the model and the added ones.</summary>
    /// <param name="vocabulary">The tokens of the model.</param>
    /// <param name="addedTokens">Tokens found in the text itself; one with the id of a token of the model takes its place.</param>
    /// <param name="normalizer">Changes the text of those added tokens that are normalized; may be null.</param>
    public TokenTable(Vocabulary vocabulary, IReadOnlyList<AddedToken> addedTokens, Normalizer? normalizer)
    {
        _vocabulary = vocabulary;
        _addedIds = addedTokens.ToDictionary(token => token.Content, token => token.Id, StringComparer.Ordinal);
        _texts = new string?[vocabulary.Tokens.Select(token => token.Id).Concat(_addedIds.Values).DefaultIfEmpty(-1).Max() + 1];
        foreach ((string token, int id) in vocabulary.Tokens)
        {
            _texts[id] = token;
        }

        foreach (AddedToken token in addedTokens)
        {
            // the Rust library decodes such a token to its normalized text, and does not take that for special any more
            string text = token.IsNormalized && normalizer is not null ? normalizer.Normalize(token.Content) : token.Content;
            _texts[token.Id] = text;
            if (token.IsSpecial)
            {
                _specialIds.Add(token.Id);
            }
        }

        HashSet<string> specials = new(addedTokens.Where(token => token.IsSpecial).Select(token => token.Content), StringComparer.Ordinal);
        for (int id = 0; id < _texts.Length; id++)
        {
            if (_texts[id] is string text && specials.Contains(text))
            {
                _skippedIds.Add(id);
            }
        }
    }

    /// <summary>The highest id and one more.</summary>
    public int Size => _texts.Length;

    public bool Contains(int id) => (uint)id < (uint)_texts.Length && _texts[id] is not null;

    /// <summary>Requires that there is a token of an id.</summary>
    /// <exception cref="UnknownTokenException">There is none.</exception>
    public void Require(int id)
    {
        if (!Contains(id))
        {
            throw new UnknownTokenException(id, Size);
        }
    }

    /// <summary>Whether the file marks a token as special.</summary>
    public bool IsSpecial(int id) => _specialIds.Contains(id);

    /// <summary>Whether a token is left out when special tokens are: one that is written like a special token.</summary>
    public bool IsSkipped(int id) => _skippedIds.Contains(id);

    public bool TryGetId(string token, out int id) => _addedIds.TryGetValue(token, out id) || _vocabulary.TryGetId(token, out id);

    /// <summary>Returns a token as decoders see it; null when there is none of this id.</summary>
    public string? Find(int id) => (uint)id < (uint)_texts.Length ? _texts[id] : null;
}
