namespace MoeGen.Tokenizers;

/// <summary>Joins all tokens, so that the steps behind it see one.</summary>
internal sealed class FuseDecoder : Decoder
{
    public override List<string> Decode(List<string> tokens) => [string.Concat(tokens)];
}
