namespace MoeGen.Tokenizers;

/// <summary>The tokens of the model, as the file writes them, and their ids. Immutable after reading.</summary>
internal sealed class Vocabulary
{
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _idsBySpan;

    /// <summary>Takes over the tokens of a map.</summary>
    /// <param name="ids">Id by token, compared ordinally; not changed afterwards.</param>
    public Vocabulary(Dictionary<string, int> ids)
        : this(ids, ids.Select(token => (token.Key, token.Value)), ids.Count)
    {
    }

    /// <summary>Takes over the tokens of a list, whose ids are their places; of two that are equal the last one is found.</summary>
    /// <param name="tokens">The tokens; not changed afterwards.</param>
    public Vocabulary(IReadOnlyList<string> tokens)
        : this(Index(tokens), tokens.Select((token, id) => (token, id)), tokens.Count)
    {
    }

    private Vocabulary(Dictionary<string, int> ids, IEnumerable<(string Token, int Id)> tokens, int count)
    {
        _idsBySpan = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        Tokens = tokens;
        Count = count;
    }

    /// <summary>Number of tokens; ids can have gaps and end higher.</summary>
    public int Count { get; }

    /// <summary>All tokens, each with its id.</summary>
    public IEnumerable<(string Token, int Id)> Tokens { get; }

    public bool TryGetId(ReadOnlySpan<char> token, out int id) => _idsBySpan.TryGetValue(token, out id);

    private static Dictionary<string, int> Index(IReadOnlyList<string> tokens)
    {
        Dictionary<string, int> ids = new(tokens.Count, StringComparer.Ordinal);
        for (int id = 0; id < tokens.Count; id++)
        {
            ids[tokens[id]] = id;
        }

        return ids;
    }
}
