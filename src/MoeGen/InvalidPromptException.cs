namespace MoeGen;

/// <summary>
/// A request that the model cannot take: no tokens, ids outside the vocabulary, too many of them. The model stays usable.
/// </summary>
public sealed class InvalidPromptException : MoeGenException
{
    internal InvalidPromptException(string message)
        : base(message)
    {
    }
}
