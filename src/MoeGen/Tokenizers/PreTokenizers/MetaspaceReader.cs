using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>Reads a Metaspace, which is a pre-tokenizer and a decoder, in its present and its earlier form.</summary>
internal static class MetaspaceReader
{
    public static MetaspacePreTokenizer ReadPreTokenizer(TokenizerNode node) =>
        new(ReadReplacement(node), ReadScheme(node), node.FindFlag("split", true));

    public static MetaspaceDecoder ReadDecoder(TokenizerNode node) =>
        new(ReadReplacement(node), dropsFirst: ReadScheme(node) != PrependScheme.Never);

    // the earlier form has a "str_rep" beside it, of which the Rust library makes nothing
    private static Rune ReadReplacement(TokenizerNode node) => node.Require("replacement").AsCharacter();

    private static PrependScheme ReadScheme(TokenizerNode node)
    {
        // what the earlier form has in place of the scheme
        bool addsPrefixSpace = node.FindFlag("add_prefix_space", true);
        if (node.Find("prepend_scheme") is not TokenizerNode scheme)
        {
            return addsPrefixSpace ? PrependScheme.Always : PrependScheme.Never;
        }

        return scheme.AsText() switch
        {
            "never" => PrependScheme.Never,
            "always" or "first" when !addsPrefixSpace => throw scheme.Unsupported("\"never\" beside \"add_prefix_space\": false"),
            "always" => PrependScheme.Always,
            "first" => PrependScheme.First,
            _ => throw scheme.Unsupported("\"always\", \"first\" and \"never\""),
        };
    }
}
