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
    public void Read_CountsOnFromTheLastAddedToken()
    {
        JsonObject json = TinyTokenizer.Json();
        json["model"]!["vocab"]!["<far>"] = 400;

        Tokenizer tokenizer = TinyTokenizer.Load(json.Adding(400, "<far>").Adding(401, "<next>"));

        Assert.Equal([400, 401], tokenizer.Encode("<far><next>"));
    }

    [Fact]
    public void Read_LeavesEmptyTokensOut() =>
        Assert.Equal(['a', 256], TinyTokenizer.Load(TinyTokenizer.Json().Adding(256, "").Adding(257, "<b>")).Encode("a<b>"));

    [Fact]
    public void Read_RefusesATokenGivenTwice() => Assert.Equal(
        "tokenizer.json: added_tokens[1] adds \"<a>\" a second time",
        TinyTokenizer.LoadFault(TinyTokenizer.Json().Adding(256, "<a>").Adding(257, "<a>")));

    [Fact]
    public void Read_RefusesAnIdGivenTwice() => Assert.Equal(
        "tokenizer.json: added_tokens[1].id is 256, like that of a token before it",
        TinyTokenizer.LoadFault(TinyTokenizer.Json().Adding(256, "<a>").Adding(256, "<b>")));

    [Fact]
    public void Read_RefusesAnIdThatTheVocabularyUses()
    {
        // 257 tokens, one of them at 257: counting on from the vocabulary hits it
        JsonObject json = TinyTokenizer.Json();
        json["model"]!["vocab"]!["far"] = 257;

        Assert.Equal(
            "tokenizer.json: added_tokens puts \"<a>\" behind the 257 tokens of the model, at id 257, where \"far\" is already",
            TinyTokenizer.LoadFault(json.Adding(258, "<a>")));
    }
}
