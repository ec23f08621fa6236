namespace MoeGen.Tokenizers;

/// <summary>Reads the <c>normalizer</c> of a tokenizer.json.</summary>
internal static class NormalizerReader
{
    // published files insert a character or two; without a limit a small file could fill the memory
    private const int MaxContentLength = 256;

    /// <summary>Returns the normalizer, or null when the file has none.</summary>
    public static Normalizer? Read(TokenizerNode? node) => node is null ? null : ReadOne(node);

    private static Normalizer ReadOne(TokenizerNode node)
    {
        TokenizerNode type = node.Require("type");
        return type.AsText() switch
        {
            "NFC" => new UnicodeNormalizer(UnicodeForm.Nfc),
            "NFD" => new UnicodeNormalizer(UnicodeForm.Nfd),
            "NFKC" => new UnicodeNormalizer(UnicodeForm.Nfkc),
            "NFKD" => new UnicodeNormalizer(UnicodeForm.Nfkd),
            "Lowercase" => new LowercaseNormalizer(),
            "Prepend" => new PrependNormalizer(ReadContent(node.Require("prepend"))),
            "Replace" => new ReplaceNormalizer(TextPatternReader.Read(node.Require("pattern")), ReadContent(node.Require("content"))),
            "Sequence" => new SequenceNormalizer(node.Require("normalizers").Items().ConvertAll(ReadOne), node.Origin),
            _ => throw type.Unsupported("NFC, NFD, NFKC, NFKD, Lowercase, Prepend, Replace and Sequence"),
        };
    }

    private static string ReadContent(TokenizerNode node)
    {
        string content = node.AsText();
        return content.Length <= MaxContentLength
            ? content
            : throw node.Fault($"has {content.Length} characters; supported are up to {MaxContentLength}");
    }
}
