namespace MoeGen.Tokenizers;

/// <summary>A token id was used that the vocabulary does not have: beyond its end, negative, or one of its unused ids.</summary>
public sealed class UnknownTokenException : MoeGenException
{
    internal UnknownTokenException(int id, int vocabularySize)
        : base(id >= 0 && id < vocabularySize
            ? $"token id {id} is not used by this vocabulary"
            : $"token id {id} does not exist; the vocabulary has ids 0 to {vocabularySize - 1}")
    {
        Id = id;
    }

    /// <summary>The id that was asked for.</summary>
    public int Id { get; }
}
