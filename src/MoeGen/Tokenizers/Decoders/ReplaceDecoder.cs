namespace MoeGen.Tokenizers;

/// <summary>Replaces every match of a pattern in a token.</summary>
/// <param name="replace">The same as a normalizer.</param>
internal sealed class ReplaceDecoder(ReplaceNormalizer replace) : TokenDecoder
{
    public override string Decode(string token, bool isFirst) => replace.Normalize(token);
}
