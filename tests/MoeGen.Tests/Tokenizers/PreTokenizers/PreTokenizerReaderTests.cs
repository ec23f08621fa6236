using MoeGen.Tokenizers;

namespace MoeGen.Tests.Tokenizers.PreTokenizers;

/// <summary>The pieces are those of the Rust library, 0.23.2; a bar stands between two.</summary>
public class PreTokenizerReaderTests
{
    [Theory]
    [InlineData("Removed", false, "a|b|c")]
    [InlineData("Removed", true, "-|-|-|-|-|-")]
    [InlineData("Isolated", false, "-|-|a|-|b|-|-|c|-")]
    [InlineData("Isolated", true, "-|-|a|-|b|-|-|c|-")]
    [InlineData("MergedWithPrevious", false, "-|-|a-|b-|-|c-")]
    [InlineData("MergedWithPrevious", true, "-|-a|-b|-|-c|-")]
    [InlineData("MergedWithNext", false, "-|-a|-b|-|-c|-")]
    [InlineData("MergedWithNext", true, "-|-|a-|b-|-|c-")]
    [InlineData("Contiguous", false, "--|a|-|b|--|c|-")]
    [InlineData("Contiguous", true, "--|a|-|b|--|c|-")]
    public void Split_TreatsMatchesAsTheBehaviorSays(string behavior, bool invert, string pieces)
    {
        foreach (string kind in new[] { "Regex", "String" })
        {
            string json = $$"""
                {"type": "Split", "pattern": {"{{kind}}": "-"}, "behavior": "{{behavior}}", "invert": {{(invert ? "true" : "false")}}}
                """;

            Assert.Equal(pieces, Cut(json, "--a-b--c-"));
        }
    }

    [Theory]
    [InlineData("Isolated", "1|ab|22|c|3")]
    [InlineData("MergedWithPrevious", "1|ab22|c3")]
    [InlineData("MergedWithNext", "1ab|22c|3")]
    public void Split_TakesRunsThatThePatternTakes(string behavior, string pieces) =>
        Assert.Equal(pieces, Cut($$"""{"type": "Split", "pattern": {"Regex": "\\d+"}, "behavior": "{{behavior}}"}""", "1ab22c3"));

    [Theory]
    [InlineData("Isolated", "a|xx|b")]
    [InlineData("Removed", "a|b")]
    [InlineData("MergedWithPrevious", "axx|b")]
    [InlineData("MergedWithNext", "a|xxb")]
    public void Split_LeavesEmptyMatchesOut(string behavior, string pieces) =>
        Assert.Equal(pieces, Cut($$"""{"type": "Split", "pattern": {"Regex": "x*"}, "behavior": "{{behavior}}"}""", "axxb"));

    [Theory]
    [InlineData(true, "a|1|2|b|½|②|Ⅷ|𝟙|c")]
    [InlineData(false, "a|12|b|½②Ⅷ𝟙|c")]
    public void Digits_AreAllUnicodeNumbers(bool individual, string pieces) =>
        Assert.Equal(pieces, Cut($$"""{"type": "Digits", "individual_digits": {{(individual ? "true" : "false")}}}""", "a12b½②Ⅷ𝟙c"));

    [Theory]
    [InlineData(false, true, "ab cd", "ab|Ġcd")]
    [InlineData(true, true, "ab cd", "Ġab|Ġcd")]
    [InlineData(true, false, "ab cd", "ĠabĠcd")]
    [InlineData(true, true, " ab", "Ġab")]
    [InlineData(true, true, "\nab", "Ġ|Ċ|ab")]
    [InlineData(false, true, "é🙂", "Ã©|ðŁĻĤ")]
    [InlineData(false, true, "it's  I'LL\n\n x1½", "it|'s|Ġ|ĠI|'|LL|ĊĊ|Ġx|1Â½")]
    public void ByteLevel_WritesBytesAsCharacters(bool addPrefixSpace, bool useRegex, string text, string pieces) =>
        Assert.Equal(pieces, Cut(
            $$"""
            {"type": "ByteLevel", "add_prefix_space": {{(addPrefixSpace ? "true" : "false")}}, "use_regex": {{(useRegex ? "true" : "false")}}}
            """,
            text));

    [Fact]
    public void ByteLevel_CutsWordsWhenTheFileDoesNotSay() =>
        Assert.Equal("a|Ġb", Cut("""{"type": "ByteLevel", "add_prefix_space": false}""", "a b"));

    [Fact]
    public void Sequence_AppliesItsPartsInOrder() => Assert.Equal(
        "Ġ|a|Ġ|b|1|Â|²",
        Cut(
            """
            {"type": "Sequence", "pretokenizers": [
             {"type": "ByteLevel", "add_prefix_space": true, "use_regex": false},
             {"type": "Split", "pattern": {"Regex": "Ġ"}, "behavior": "Isolated", "invert": false},
             {"type": "Digits", "individual_digits": true}]}
            """,
            "a b1²"));

    [Fact]
    public void Sequence_AddsPrefixSpacesToEveryPiece() => Assert.Equal(
        "Ġa|Ġb|Ġ|Ġc",
        Cut(
            """
            {"type": "Sequence", "pretokenizers": [
             {"type": "Split", "pattern": {"Regex": "[a-z]"}, "behavior": "Isolated", "invert": false},
             {"type": "ByteLevel", "add_prefix_space": true, "use_regex": true}]}
            """,
            "ab c"));

    [Fact]
    public void Sequence_OfNothingLeavesTheText() => Assert.Equal("a b", Cut("""{"type": "Sequence", "pretokenizers": []}""", "a b"));

    [Fact]
    public void Read_RefusesToWriteBytesTwice() => AssertRefused(
        "is a second ByteLevel",
        """
        {"type": "Sequence", "pretokenizers": [
         {"type": "ByteLevel", "add_prefix_space": false}, {"type": "ByteLevel", "add_prefix_space": false}]}
        """);

    [Fact]
    public void Read_RefusesEndlessStages() => AssertRefused(
        "is stage 33",
        $$"""
        {"type": "Sequence", "pretokenizers": [
         {{string.Join(',', Enumerable.Repeat("""{"type": "Digits", "individual_digits": true}""", 40))}}]}
        """);

    private static void AssertRefused(string fault, string json) => Assert.Contains(
        fault, Assert.Throws<TokenizerFormatException>(() => PreTokenizerReader.Read(TinyTokenizer.Node(json))).Message);

    private static string Cut(string json, string text)
    {
        PieceList pieces = new();
        pieces.Reset(text, numLeading: 1);
        PreTokenizerReader.Read(TinyTokenizer.Node(json))!.Apply(pieces);
        return string.Join('|', Enumerable.Range(0, pieces.Count).Select(i => pieces[i].ToString()));
    }
}
