using System.Text.Json.Nodes;
using MoeGen.Tokenizers;

namespace MoeGen.Tests.Tokenizers.AddedTokens;

public class AddedTokenReaderTests
{
    [Fact]
    public void Read_CountsOnFromTheVocabularyWhateverTheFileSays()
    {
        Tokenizer tokenizer = TinyTokenizer.Load(TinyTokenizer.Json().Adding(300, "<a>").Adding(310, "<b>").Adding(7, "<c>"));

        Assert.Equal([256, 257, 258], tokenizer.Encode("<a><b><c>"));
        Assert.Equal(259, tokenizer.VocabularySize);
    }

    [Fact]
    public void Read_LeavesTokensOfTheVocabularyTheirIds()
    {
        Tokenizer tokenizer = TinyTokenizer.Load(TinyTokenizer.Json().Adding(99, "A", "special").Adding(257, "<b>"));

        Assert.Equal(['A', 256], tokenizer.Encode("A<b>"));
        Assert.True(tokenizer.IsSpecial('A'));
    }

    [Fact]
    public void Read_CountsOnFromTheSizeOfTheVocabularyEvenIfIdsEndHigher()
    {
        JsonObject json = TinyTokenizer.Json();
        json["model"]!["vocab"]!["<far>"] = 400;

        Tokenizer tokenizer = TinyTokenizer.Load(json.Adding(400, "<far>").Adding(401, "<next>"));

        Assert.Equal([400, 257], tokenizer.Encode("<far><next>"));
    }

    [Fact]
    public void Read_LeavesEmptyTokensOut() =>
        Assert.Equal(['a', 256], TinyTokenizer.Load(TinyTokenizer.Json().Adding(256, "").Adding(257, "<b>")).Encode("a<b>"));

    [Fact]
    public void Read_LetsATokenGivenTwiceReplaceTheFirst()
    {
        Tokenizer tokenizer = TinyTokenizer.Load(
            TinyTokenizer.Json().Adding(256, "<a>", "special").Adding(257, "<b>").Adding(258, "<a>", "lstrip"));

        Assert.Equal(['x', 256, 257], tokenizer.Encode("x <a><b>"));
        Assert.True(tokenizer.IsSpecial(256)); // once special, always special
    }

    [Fact]
    public void Read_GivesAnAddedTokenTheIdThatTheVocabularyUses()
    {
        // 257 tokens, one of them at 257: counting on from the vocabulary hits it
        JsonObject json = TinyTokenizer.Json();
        json["model"]!["vocab"]!["far"] = 257;

        Tokenizer tokenizer = TinyTokenizer.Load(json.Adding(258, "<a>"));

        Assert.Equal([257], tokenizer.Encode("<a>"));
        Assert.Equal("<a>", tokenizer.Decode([257]));
        Assert.True(tokenizer.TryGetId("far", out int id));
        Assert.Equal(257, id);
    }
}
