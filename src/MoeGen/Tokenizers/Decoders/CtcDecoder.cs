namespace MoeGen.Tokenizers;

/// <summary>Joins repeated tokens and leaves out padding, as models of speech want it.</summary>
/// <param name="padToken">Is left out.</param>
/// <param name="wordDelimiter">Becomes a space, when cleaning up.</param>
/// <param name="cleansUp">Removes spaces before punctuation.</param>
/// <remarks>Source: Graves et al., Connectionist Temporal Classification, 2006, as the Rust library decodes it.</remarks>
internal sealed class CtcDecoder(string padToken, string wordDelimiter, bool cleansUp) : Decoder
{
    public override List<string> Decode(List<string> tokens)
    {
        List<string> decoded = new(tokens.Count);
        for (int i = 0; i < tokens.Count; i++)
        {
            if (i > 0 && tokens[i] == tokens[i - 1])
            {
                continue;
            }

            string text = tokens[i].Replace(padToken, "", StringComparison.Ordinal);
            if (cleansUp)
            {
                text = WordPieceDecoder.CleanUp(text).Replace(wordDelimiter, " ", StringComparison.Ordinal);
            }

            if (text.Length != 0)
            {
                decoded.Add(text);
            }
        }

        return decoded;
    }
}
