namespace MoeGen.Tokenizers;

/// <summary>Cuts a text into the pieces that the model encodes one by one.</summary>
internal abstract class PreTokenizer
{
    /// <summary>Cuts every piece further, or rewrites it.</summary>
    public abstract void Apply(PieceList pieces);
}
