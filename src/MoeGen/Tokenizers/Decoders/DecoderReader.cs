namespace MoeGen.Tokenizers;

/// <summary>Reads the <c>decoder</c> of a tokenizer.json.</summary>
internal static class DecoderReader
{
    // published files have four; every step passes over the whole text
    private const int MaxSteps = 32;

    // nobody strips more than one space; a number is what hostile files can make large
    private const int MaxStripped = 1024;

    /// <summary>Returns the decoder of a file; one that has none puts spaces between the tokens.</summary>
    public static DecoderChain Read(TokenizerNode root)
    {
        if (root.Find("decoder") is not TokenizerNode node)
        {
            return new DecoderChain([new SpaceDecoder()], root.Origin);
        }

        List<Decoder> steps = [];
        AddSteps(node, steps);
        return new DecoderChain(steps, node.Origin);
    }

    private static void AddSteps(TokenizerNode node, List<Decoder> steps)
    {
        TokenizerNode type = node.Require("type");
        if (type.AsText() == "Sequence")
        {
            foreach (TokenizerNode item in node.Require("decoders").Items())
            {
                AddSteps(item, steps);
            }

            return;
        }

        steps.Add(type.AsText() switch
        {
            "ByteLevel" => new ByteLevelDecoder(),
            "ByteFallback" => new ByteFallbackDecoder(),
            "Fuse" => new FuseDecoder(),
            "Replace" => ReadReplace(node),
            "Strip" => new StripDecoder(
                node.Require("content").AsCharacter(), ReadCount(node.Require("start")), ReadCount(node.Require("stop"))),
            "Metaspace" => MetaspaceReader.ReadDecoder(node),
            "WordPiece" => new WordPieceDecoder(node.Require("prefix").AsText(), node.Require("cleanup").AsFlag()),
            "BPEDecoder" => new SuffixDecoder(ReadPart(node.Require("suffix"))),
            "CTC" => new CtcDecoder(
                ReadPart(node.Require("pad_token")), ReadPart(node.Require("word_delimiter_token")), node.Require("cleanup").AsFlag()),
            _ => throw type.Unsupported(
                "ByteLevel, ByteFallback, Fuse, Replace, Strip, Metaspace, WordPiece, BPEDecoder, CTC and Sequence"),
        });
        if (steps.Count > MaxSteps)
        {
            throw node.Fault($"is step {steps.Count}; supported are up to {MaxSteps}");
        }
    }

    private static ReplaceDecoder ReadReplace(TokenizerNode node) =>
        new(new ReplaceNormalizer(TextPatternReader.Read(node.Require("pattern")), NormalizerReader.ReadContent(node.Require("content"))));

    private static int ReadCount(TokenizerNode node)
    {
        int count = node.AsInteger();
        return count is >= 0 and <= MaxStripped ? count : throw node.Unsupported($"0 to {MaxStripped}");
    }

    // a part of tokens to look for
    private static string ReadPart(TokenizerNode node) =>
        node.AsText().Length != 0 ? node.AsText() : throw node.Unsupported("a text that is not empty");
}
