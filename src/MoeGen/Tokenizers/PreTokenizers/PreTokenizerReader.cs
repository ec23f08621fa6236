using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>Reads the <c>pre_tokenizer</c> of a tokenizer.json.</summary>
internal sealed class PreTokenizerReader
{
    // published files have at most five; every stage passes over the whole text
    private const int MaxStages = 32;

    private int _numStages;
    private bool _hasByteLevel;

    private PreTokenizerReader()
    {
    }

    /// <summary>Returns the pre-tokenizer, or null when the file has none and the model takes a text whole.</summary>
    public static PreTokenizer? Read(TokenizerNode? node) => node is null ? null : new PreTokenizerReader().ReadOne(node);

    private PreTokenizer ReadOne(TokenizerNode node)
    {
        if (++_numStages > MaxStages)
        {
            throw node.Fault($"is stage {_numStages}; supported are up to {MaxStages}");
        }

        TokenizerNode type = node.Require("type");
        return type.AsText() switch
        {
            "ByteLevel" => ReadByteLevel(node),
            "Split" => new SplitPreTokenizer(
                TextPatternReader.Read(node.Require("pattern")), ReadBehavior(node.Require("behavior")), node.FindFlag("invert", false)),
            "Digits" => new SplitPreTokenizer(
                new RunePattern(CodePoints.IsNumber),
                node.Require("individual_digits").AsFlag() ? SplitBehavior.Isolated : SplitBehavior.Contiguous,
                false),
            "Metaspace" => MetaspaceReader.ReadPreTokenizer(node),
            "Punctuation" => Punctuation(node.Find("behavior") is TokenizerNode behavior ? ReadBehavior(behavior) : SplitBehavior.Isolated),
            "Whitespace" => new SplitPreTokenizer(new WordPattern(), SplitBehavior.Removed, true),
            "WhitespaceSplit" => WhiteSpace(),
            "BertPreTokenizer" => new SequencePreTokenizer([WhiteSpace(), Punctuation(SplitBehavior.Isolated)]),
            "CharDelimiterSplit" => new SplitPreTokenizer(
                new LiteralPattern(node.Require("delimiter").AsCharacter().ToString()), SplitBehavior.Removed, false),
            "UnicodeScripts" => new ScriptPreTokenizer(),
            "FixedLength" => ReadFixedLength(node),
            "Sequence" => new SequencePreTokenizer(node.Require("pretokenizers").Items().ConvertAll(ReadOne)),
            _ => throw type.Unsupported(
                "ByteLevel, Split, Digits, Metaspace, Punctuation, Whitespace, WhitespaceSplit, BertPreTokenizer, CharDelimiterSplit, "
                + "UnicodeScripts, FixedLength and Sequence"),
        };
    }

    private static SplitPreTokenizer WhiteSpace() => new(new RunePattern(Rune.IsWhiteSpace), SplitBehavior.Removed, false);

    private static SplitPreTokenizer Punctuation(SplitBehavior behavior) =>
        new(new RunePattern(CodePoints.IsPunctuation), behavior, false);

    private static FixedLengthPreTokenizer ReadFixedLength(TokenizerNode node)
    {
        const int DefaultLength = 5;
        TokenizerNode? length = node.Find("length");
        return new FixedLengthPreTokenizer(length is null ? DefaultLength
            : length.AsInteger() > 0 ? length.AsInteger() : throw length.Unsupported("1 or more"));
    }

    private ByteLevelPreTokenizer ReadByteLevel(TokenizerNode node)
    {
        // a second one would take the characters for text and write them as bytes once more
        if (_hasByteLevel)
        {
            throw node.Fault("is a second ByteLevel; supported is one");
        }

        _hasByteLevel = true;
        return new ByteLevelPreTokenizer(node.Require("add_prefix_space").AsFlag(), node.FindFlag("use_regex", true));
    }

    private static SplitBehavior ReadBehavior(TokenizerNode node) =>
        Enum.TryParse(node.AsText(), out SplitBehavior behavior) && behavior.ToString() == node.AsText()
            ? behavior
            : throw node.Unsupported("Removed, Isolated, MergedWithPrevious, MergedWithNext and Contiguous");
}
