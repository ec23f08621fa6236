using MoeGen.Tokenizers;

namespace MoeGen.Tests.Tokenizers.Normalizers;

public class NormalizerReaderTests
{
    [Theory]
    [InlineData("""{"type": "NFC"}""", "e\u0301", "é")]
    [InlineData("""{"type": "NFD"}""", "é", "e\u0301")]
    [InlineData("""{"type": "NFKC"}""", "ﬁ", "fi")]
    [InlineData("""{"type": "NFKD"}""", "①é", "1e\u0301")]
    [InlineData("""{"type": "Lowercase"}""", "ÀΣ𐐀", "àσ𐐨")]
    [InlineData("""{"type": "Lowercase"}""", "\u0130", "i\u0307")]
    [InlineData("""{"type": "Prepend", "prepend": "_"}""", "a", "_a")]
    [InlineData("""{"type": "Prepend", "prepend": "_"}""", "", "")]
    [InlineData("""{"type": "Replace", "pattern": {"String": " "}, "content": "_"}""", " a  b ", "_a__b_")]
    [InlineData("""{"type": "Replace", "pattern": {"String": "."}, "content": ""}""", "a.b", "ab")]
    [InlineData("""{"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": " "}""", "a \n\tb", "a b")]
    [InlineData("""{"type": "Replace", "pattern": {"Regex": "."}, "content": "x"}""", "🙂a", "xx")]
    [InlineData("""{"type": "Sequence", "normalizers": []}""", "A", "A")]
    [InlineData("""{"type": "Sequence", "normalizers": [{"type": "Lowercase"}, {"type": "Prepend", "prepend": "X"}]}""", "A", "Xa")]
    public void Read_BuildsTheNormalizer(string json, string text, string normalized) =>
        Assert.Equal(normalized, NormalizerReader.Read(TinyTokenizer.Node(json))!.Normalize(text));

    [Fact]
    public void Read_OfNothingIsNoNormalizer() => Assert.Null(NormalizerReader.Read(null));

    [Fact]
    public void Read_RefusesLongContents()
    {
        TokenizerNode node = TinyTokenizer.Node($$"""{"type": "Prepend", "prepend": "{{new string('x', 257)}}"}""");

        Assert.Contains("supported are up to 256", Assert.Throws<TokenizerFormatException>(() => NormalizerReader.Read(node)).Message);
    }

    [Fact]
    public void Normalize_StopsTextsThatGrowWithoutEnd()
    {
        string doubling = """{"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}""";
        string json = $$"""{"type": "Sequence", "normalizers": [{{string.Join(',', Enumerable.Repeat(doubling, 64))}}]}""";

        Normalizer normalizer = NormalizerReader.Read(TinyTokenizer.Node(json))!;

        Assert.Throws<TokenizerFormatException>(() => normalizer.Normalize("a"));
    }
}
