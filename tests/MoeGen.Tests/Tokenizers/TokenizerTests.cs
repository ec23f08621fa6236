using System.Text;
using System.Text.Json.Nodes;
using MoeGen.Testing;
using MoeGen.Tokenizers;

namespace MoeGen.Tests.Tokenizers;

public class TokenizerTests
{
    private static Tokenizer LoadWithEnd() => TinyTokenizer.Load(TinyTokenizer.Json("a b", "Ġ ab").Adding(258, "<|end|>", "special"));

    [Fact]
    public void Encode_MergesBytesToTokens() => Assert.Equal([256, 257, 'c'], LoadWithEnd().Encode("ab abc"));

    [Fact]
    public void Encode_KeepsSpecialTokensWhole() =>
        Assert.Equal(['a', 258, 256, 258, 258], LoadWithEnd().Encode("a<|end|>ab<|end|><|end|>"));

    [Fact]
    public void Encode_OfNothingIsNothing() => Assert.Empty(LoadWithEnd().Encode(""));

    [Theory]
    [InlineData("\uD83D")]
    [InlineData("a\uDE00b")]
    [InlineData("\uDE00\uD83D")]
    [InlineData("\uD83D\uD83D\uDE00")]
    public void Encode_TakesHalvesOfSurrogatePairsForReplacementCharacters(string text)
    {
        Tokenizer tokenizer = LoadWithEnd();

        Assert.Equal(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)), tokenizer.Decode(tokenizer.Encode(text)));
    }

    [Fact]
    public void Encode_AddsSpecialTokensOnlyWhenAsked()
    {
        Tokenizer tokenizer = TinyTokenizer.Load(TinyTokenizer.Json().Adding(256, "<s>", "special").With("post_processor", """
            {"type": "TemplateProcessing",
             "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
             "special_tokens": {"<s>": {"id": "<s>", "ids": [256], "tokens": ["<s>"]}}}
            """));

        Assert.Equal(['x'], tokenizer.Encode("x"));
        Assert.Equal([256, 'x'], tokenizer.Encode("x", addSpecialTokens: true));
        Assert.Equal([256], tokenizer.Encode("", addSpecialTokens: true));
    }

    [Fact]
    public void Encode_TakesTheWholeTextForAWordWithoutPreTokenizer()
    {
        JsonObject json = TinyTokenizer.Json("a b", "ab ab");
        json["pre_tokenizer"] = null;

        Assert.Equal([257, 'c'], TinyTokenizer.Load(json).Encode("ababc"));
    }

    [Fact]
    public void Encode_NormalizesBetweenAddedTokens()
    {
        Tokenizer tokenizer = TinyTokenizer.Load(TinyTokenizer.Json().Adding(256, "<A>").With("normalizer", """{"type": "Lowercase"}"""));

        Assert.Equal(['x', 256, 'y'], tokenizer.Encode("X<A>Y"));
        Assert.Equal([.. "<a>".Select(c => (int)c)], tokenizer.Encode("<a>"));
    }

    [Fact]
    public void Encode_FindsNormalizedTokensInTheNormalizedText()
    {
        JsonObject json = TinyTokenizer.Json().Adding(256, "<A>", "normalized").With("normalizer", """{"type": "Lowercase"}""");

        Assert.Equal([256, 256], TinyTokenizer.Load(json).Encode("<A><a>"));
    }

    [Fact]
    public void Encode_IsTheSameFromManyThreads()
    {
        Tokenizer tokenizer = Tokenizer.Load(RepositoryFiles.DemoModel);
        string[] texts = [.. Enumerable.Range(0, 64).Select(i => $"Text number {i}, {i * 7919} words: été 🙂 {new string('x', i)}")];
        int[][] expected = [.. texts.Select(text => Tokenizer.Load(RepositoryFiles.DemoModel).Encode(text))];

        Parallel.For(0, 16 * texts.Length, i => Assert.Equal(expected[i % texts.Length], tokenizer.Encode(texts[i % texts.Length])));
    }

    [Fact]
    public void Decode_ReplacesBytesThatAreNoCharacter() =>
        Assert.Equal("a\uFFFDb\uFFFD\uFFFD", LoadWithEnd().Decode(['a', 0xC3, 'b', 0xFF, 0xE2, 0x82]));

    [Fact]
    public void Decode_JoinsBytesAcrossSkippedTokens()
    {
        Assert.Equal("é", LoadWithEnd().Decode([0xC3, 258, 0xA9], skipSpecialTokens: true));
        Assert.Equal("\uFFFD<|end|>\uFFFD", LoadWithEnd().Decode([0xC3, 258, 0xA9]));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(259)]
    [InlineData(int.MaxValue)]
    public void Decode_RefusesUnknownIds(int id)
    {
        UnknownTokenException e = Assert.Throws<UnknownTokenException>(() => LoadWithEnd().Decode([id]));

        Assert.Equal(id, e.Id);
        Assert.Equal($"token id {id} does not exist; the vocabulary has ids 0 to 258", e.Message);
    }

    [Fact]
    public void GetBytes_RefusesUnusedIds()
    {
        JsonObject json = TinyTokenizer.Json();
        json["model"]!["vocab"]!["far"] = 300;
        Tokenizer tokenizer = TinyTokenizer.Load(json);

        Assert.Equal(301, tokenizer.VocabularySize);
        Assert.Equal("far"u8, tokenizer.GetBytes(300));
        Assert.Equal(
            "token id 299 is not used by this vocabulary", Assert.Throws<UnknownTokenException>(() => tokenizer.GetBytes(299)).Message);
    }

    [Fact]
    public void GetBytes_OfOrdinaryTokensUndoesTheAlphabet()
    {
        Assert.Equal(" ab"u8, LoadWithEnd().GetBytes(257));
        Assert.Equal("<|end|>"u8, LoadWithEnd().GetBytes(258));
    }

    [Fact]
    public void TryGetId_KnowsTokensAsTheFileWritesThem()
    {
        Tokenizer tokenizer = LoadWithEnd();

        Assert.True(tokenizer.TryGetId("Ġab", out int id));
        Assert.Equal(257, id);
        Assert.True(tokenizer.TryGetId("<|end|>", out id));
        Assert.Equal(258, id);
        Assert.False(tokenizer.TryGetId(" ab", out _));
    }

    [Fact]
    public void IsSpecial_HoldsForMarkedTokensOnly()
    {
        Tokenizer tokenizer = TinyTokenizer.Load(TinyTokenizer.Json().Adding(256, "<a>", "special").Adding(257, "<b>"));

        Assert.True(tokenizer.IsSpecial(256));
        Assert.False(tokenizer.IsSpecial(257));
        Assert.False(tokenizer.IsSpecial('a'));
        Assert.False(tokenizer.IsSpecial(-1));
        Assert.False(tokenizer.IsSpecial(258));
    }

    [Fact]
    public void Load_SaysWhichFileIsMissing()
    {
        using TemporaryFolder folder = new();

        TokenizerFormatException e = Assert.Throws<TokenizerFormatException>(() => Tokenizer.Load(folder.Path));

        Assert.Equal(
            $"{Path.Combine(folder.Path, "tokenizer.json")}: no such file; a tokenizer is a folder with a tokenizer.json", e.Message);
    }
}
