namespace MoeGen.Tokenizers;

/// <summary>Puts a space between any two tokens: what a file without a decoder means.</summary>
internal sealed class SpaceDecoder : TokenDecoder
{
    public override string Decode(string token, bool isFirst) => isFirst ? token : $" {token}";
}
