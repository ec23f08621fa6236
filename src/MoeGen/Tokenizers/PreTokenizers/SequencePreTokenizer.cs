namespace MoeGen.Tokenizers;

/// <summary>Applies pre-tokenizers one after the other.</summary>
internal sealed class SequencePreTokenizer(IReadOnlyList<PreTokenizer> preTokenizers) : PreTokenizer
{
    public override void Apply(PieceList pieces)
    {
        foreach (PreTokenizer preTokenizer in preTokenizers)
        {
            preTokenizer.Apply(pieces);
        }
    }
}
