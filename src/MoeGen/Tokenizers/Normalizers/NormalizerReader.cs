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
            "Strip" => new StripNormalizer(node.Require("strip_left").AsFlag(), node.Require("strip_right").AsFlag()),
            "StripAccents" => new StripAccentsNormalizer(),
            "Prepend" => new PrependNormalizer(ReadContent(node.Require("prepend"))),
            "Replace" => new ReplaceNormalizer(TextPatternReader.Read(node.Require("pattern")), ReadContent(node.Require("content"))),
            "Precompiled" => new PrecompiledNormalizer(CharacterMap.Read(node.Require("precompiled_charsmap"))),
            "Nmt" => new NmtNormalizer(),
            "BertNormalizer" => ReadBert(node),
            "ByteLevel" => new ByteLevelNormalizer(),
            "Sequence" => new SequenceNormalizer(node.Require("normalizers").Items().ConvertAll(ReadOne), node.Origin),
            _ => throw type.Unsupported(
                "NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents, Prepend, Replace, Precompiled, Nmt, BertNormalizer, ByteLevel "
                + "and Sequence"),
        };
    }

    private static Normalizer ReadBert(TokenizerNode node)
    {
        bool lowercases = node.Require("lowercase").AsFlag();
        return BertNormalizer.Create(
            node.Require("clean_text").AsFlag(),
            node.Require("handle_chinese_chars").AsFlag(),
            node.FindFlag("strip_accents", lowercases),
            lowercases,
            node.Origin);
    }

    public static string ReadContent(TokenizerNode node)
    {
        string content = node.AsText();
        return content.Length <= MaxContentLength
            ? content
            : throw node.Fault($"has {content.Length} characters; supported are up to {MaxContentLength}");
    }
}
