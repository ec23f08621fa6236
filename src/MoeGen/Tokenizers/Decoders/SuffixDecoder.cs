namespace MoeGen.Tokenizers;

/// <summary>Turns the suffix that ends a word into a space, except in the last token: BPEDecoder.</summary>
internal sealed class SuffixDecoder(string suffix) : Decoder
{
    public override List<string> Decode(List<string> tokens)
    {
        List<string> decoded = new(tokens.Count);
        foreach (string token in tokens)
        {
            string space = decoded.Count == tokens.Count - 1 ? "" : " ";
            decoded.Add(token.Replace(suffix, space, StringComparison.Ordinal));
        }

        return decoded;
    }
}
