namespace MoeGen.Tokenizers;

/// <summary>A step that looks at one token at a time and only needs to know whether it is the first.</summary>
internal abstract class TokenDecoder : Decoder
{
    /// <summary>Returns what becomes of a token.</summary>
    public abstract string Decode(string token, bool isFirst);

    public sealed override List<string> Decode(List<string> tokens)
    {
        List<string> decoded = new(tokens.Count);
        foreach (string token in tokens)
        {
            decoded.Add(Decode(token, decoded.Count == 0));
        }

        return decoded;
    }
}
