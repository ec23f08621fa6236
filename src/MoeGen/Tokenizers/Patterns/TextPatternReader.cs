namespace MoeGen.Tokenizers;

/// <summary>Reads a <c>pattern</c> of a tokenizer.json: <c>{"String": "..."}</c> or <c>{"Regex": "..."}</c>.</summary>
internal static class TextPatternReader
{
    public static TextPattern Read(TokenizerNode node)
    {
        if (node.Find("String") is TokenizerNode literal)
        {
            // an empty text is found between any two characters
            return literal.AsText().Length != 0 ? new LiteralPattern(literal.AsText()) : new CodePointRegex("", literal.Origin);
        }

        return node.Find("Regex") is TokenizerNode regex
            ? new CodePointRegex(regex.AsText(), regex.Origin)
            : throw node.Fault("has neither \"String\" nor \"Regex\"");
    }
}
