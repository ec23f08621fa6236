namespace MoeGen.Tokenizers;

/// <summary>
/// The token for text that the vocabulary cannot express. Files may name one that does not exist, as long as none is needed.
/// </summary>
/// <param name="id">Its id; null when there is none.</param>
/// <param name="fault">What is wrong with the file then.</param>
internal sealed class UnknownToken(int? id, string fault)
{
    /// <summary>The id.</summary>
    /// <exception cref="TokenizerFormatException">There is none.</exception>
    public int Id => id ?? throw new TokenizerFormatException(fault);

    /// <summary>Whether an id is that of the unknown token.</summary>
    public bool Is(int other) => id == other;

    /// <summary>Reads an <c>unk_token</c> that must be named.</summary>
    public static UnknownToken Read(TokenizerNode node, Vocabulary vocabulary) => new(
        vocabulary.TryGetId(node.AsText(), out int id) ? id : null,
        $"{node.Origin} is {TokenizerNode.Quote(node.AsText())}, which is not in the vocabulary; the text needs it");
}
