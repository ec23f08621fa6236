namespace MoeGen.Tokenizers;

/// <summary>Puts a space before every token that starts a word; those that go on with one have a prefix.</summary>
/// <param name="prefix">Marks a token that goes on with a word.</param>
/// <param name="cleansUp">Removes spaces before punctuation and contractions.</param>
internal sealed class WordPieceDecoder(string prefix, bool cleansUp) : TokenDecoder
{
    // what BERT's tokenizer takes for untidy English
    private static readonly (string Untidy, string Tidy)[] s_cleanups =
    [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" do not", " don't"),
        (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ];

    /// <summary>Removes spaces before punctuation and contractions.</summary>
    public static string CleanUp(string text)
    {
        foreach ((string untidy, string tidy) in s_cleanups)
        {
            text = text.Replace(untidy, tidy, StringComparison.Ordinal);
        }

        return text;
    }

    public override string Decode(string token, bool isFirst)
    {
        string joined = isFirst ? token : token.StartsWith(prefix, StringComparison.Ordinal) ? token[prefix.Length..] : $" {token}";
        return cleansUp ? CleanUp(joined) : joined;
    }
}
