namespace MoeGen.Tokenizers;

/// <summary>Reads the <c>pre_tokenizer</c> of a tokenizer.json.</summary>
internal sealed class PreTokenizerReader
{
    private const string DigitPattern = @"\p{N}"; // the Rust library counts every Unicode number as a digit

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
                new CodePointRegex(DigitPattern, node.Origin),
                node.Require("individual_digits").AsFlag() ? SplitBehavior.Isolated : SplitBehavior.Contiguous,
                false),
            "Sequence" => new SequencePreTokenizer(node.Require("pretokenizers").Items().ConvertAll(ReadOne)),
            _ => throw type.Unsupported("ByteLevel, Split, Digits and Sequence"),
        };
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
