using System.Text.Json.Nodes;
using MoeGen.Tokenizers;

namespace MoeGen.Tests.Tokenizers.Models;

public class BytePairModelTests
{
    private const string Vocab = """{"a": 0, "b": 1, "c": 2, "?": 3, "ab": 4, "abc": 5, "bc": 6, "🙂": 7, " ": 8, "a ": 9}""";

    [Theory]
    [InlineData("""["a b", "b c"]""", "abc", new[] { 4, 2 })] // the lower rank first
    [InlineData("""["b c", "a b"]""", "abc", new[] { 0, 6 })]
    [InlineData("""["a b", "b c", "ab c", "a bc"]""", "abc", new[] { 5 })]
    [InlineData("""["a b", "b c", "a b"]""", "abc", new[] { 0, 6 })] // of a merge given twice the last rank counts
    [InlineData("""[["a", "b"], ["ab", "c"]]""", "abcab", new[] { 5, 4 })]
    [InlineData("""[["a", " "]]""", "a b", new[] { 9, 1 })]
    [InlineData("""["#version: 0.2", "a b"]""", "ab", new[] { 4 })]
    [InlineData("[]", "a🙂", new[] { 0, 7 })]
    public void Encode_MergesByRank(string merges, string word, int[] ids) =>
        Assert.Equal(ids, Encode($$"""{"vocab": {{Vocab}}, "merges": {{merges}} }""", word));

    [Theory]
    [InlineData("\"?\"", "false", "abxxc", new[] { 4, 3, 3, 2 })]
    [InlineData("\"?\"", "true", "abxxc", new[] { 4, 3, 2 })]
    [InlineData("\"?\"", "true", "xaxx", new[] { 3, 0, 3 })]
    [InlineData("null", "false", "abxxc", new[] { 4, 2 })]
    [InlineData("null", "true", "xx", new int[0])]
    [InlineData("\"?\"", "false", "𝒳", new[] { 3 })]
    public void Encode_ReplacesUnknownCharacters(string unknown, string fuse, string word, int[] ids) => Assert.Equal(
        ids, Encode($$"""{"vocab": {{Vocab}}, "merges": ["a b"], "unk_token": {{unknown}}, "fuse_unk": {{fuse}} }""", word));

    [Fact]
    public void Encode_TakesWholeWordsWhenMergesAreIgnored()
    {
        string json = $$"""{"vocab": {{Vocab}}, "merges": ["a b"], "ignore_merges": true}""";

        Assert.Equal([5], Encode(json, "abc"));
        Assert.Equal([4, 2, 2], Encode(json, "abcc"));
    }

    [Theory]
    [InlineData("a z", "needs the token \"z\", which is not in the vocabulary")]
    [InlineData("a c", "needs the token \"ac\", which is not in the vocabulary")]
    [InlineData("a", "is no merge; supported are \"a b\" and [\"a\", \"b\"]")]
    [InlineData("a b c", "is no merge; supported are \"a b\" and [\"a\", \"b\"]")]
    public void Read_RefusesMergesThatMakeNoToken(string merge, string fault)
    {
        string message = Assert.Throws<TokenizerFormatException>(
            () => Encode($$"""{"vocab": {{Vocab}}, "merges": ["a b", "{{merge}}"]}""", "a")).Message;

        Assert.Equal($"test.json: merges[1] {fault}", message);
    }

    [Theory]
    [InlineData("""{"a": "b"}""", "merges is an object; supported is an array of \"a b\" or [\"a\", \"b\"]")]
    [InlineData("""[["a"]]""", "merges[0] is no merge; supported are \"a b\" and [\"a\", \"b\"]")]
    [InlineData("""[["a", 1]]""", "merges[0] is no merge; supported are \"a b\" and [\"a\", \"b\"]")]
    [InlineData("[1]", "merges[0] is no merge; supported are \"a b\" and [\"a\", \"b\"]")]
    public void Read_RefusesMergesOfTheWrongType(string merges, string fault)
    {
        string json = $$"""{"vocab": {{Vocab}}, "merges": {{merges}} }""";

        Assert.Equal($"test.json: {fault}", Assert.Throws<TokenizerFormatException>(() => Encode(json, "a")).Message);
    }

    [Fact]
    public void Encode_RefusesTextThatNeedsAnUnknownTokenWhichIsNotThere()
    {
        string json = $$"""{"vocab": {{Vocab}}, "merges": [], "unk_token": "<unk>"}""";

        Assert.NotEmpty(Encode(json, "a"));
        Assert.Equal(
            "test.json: unk_token is \"<unk>\", which is not in the vocabulary; the text needs it",
            Assert.Throws<TokenizerFormatException>(() => Encode(json, "\u00FF")).Message);
    }

    [Fact]
    public void Encode_AgreesWithTheDefinition()
    {
        Random random = new(1994);
        for (int round = 0; round < 200; round++)
        {
            (string json, Dictionary<(string, string), int> ranks) = MakeModel(random);
            BytePairModel model = Read(json, out Vocabulary vocabulary);
            for (int i = 0; i < 20; i++)
            {
                string word = string.Concat(Enumerable.Range(0, random.Next(1, 60)).Select(_ => (char)('a' + random.Next(3))));
                List<int> ids = [];
                model.Encode(word, new ModelScratch(), ids);

                Assert.Equal(MergeByDefinition(word, ranks).Select(token => vocabulary.TryGetId(token, out int id) ? id : -1), ids);
            }
        }
    }

    [Fact]
    public void Encode_TakesLongWordsInTheirStride()
    {
        // each pair of symbols merges: a quadratic algorithm would take minutes
        string json = """{"vocab": {"a": 0, "aa": 1, "aaaa": 2, "b": 3}, "merges": ["a a", "aa aa"]}""";

        Assert.Equal(Enumerable.Repeat(2, 250_000), Encode(json, new string('a', 1_000_000)));
    }

    private static List<string> MergeByDefinition(string word, Dictionary<(string, string), int> ranks)
    {
        List<string> tokens = [.. word.Select(c => c.ToString())];
        while (true)
        {
            List<(int Rank, int Index)> pairs = [];
            for (int i = 0; i + 1 < tokens.Count; i++)
            {
                if (ranks.TryGetValue((tokens[i], tokens[i + 1]), out int rank))
                {
                    pairs.Add((rank, i));
                }
            }

            if (pairs.Count == 0)
            {
                return tokens;
            }

            int best = pairs.Min().Index;
            tokens[best] += tokens[best + 1];
            tokens.RemoveAt(best + 1);
        }
    }

    private static (string Json, Dictionary<(string, string), int> Ranks) MakeModel(Random random)
    {
        List<string> tokens = ["a", "b", "c"];
        Dictionary<(string, string), int> ranks = [];
        JsonArray merges = [];
        for (int i = 0; i < 25; i++)
        {
            (string left, string right) = (tokens[random.Next(tokens.Count)], tokens[random.Next(tokens.Count)]);
            if (ranks.TryAdd((left, right), merges.Count))
            {
                merges.Add($"{left} {right}");
                tokens.Add(left + right);
            }
        }

        JsonObject vocab = [];
        foreach (string token in tokens.Distinct())
        {
            vocab[token] = vocab.Count;
        }

        return (new JsonObject { ["vocab"] = vocab, ["merges"] = merges }.ToJsonString(), ranks);
    }

    private static List<int> Encode(string json, string word)
    {
        List<int> ids = [];
        BytePairModel model = Read(json, out _);
        model.Encode(word, new ModelScratch(), ids);

        // once more, now from the cache
        List<int> again = [];
        model.Encode(word, new ModelScratch(), again);
        Assert.Equal(ids, again);
        return ids;
    }

    private static BytePairModel Read(string json, out Vocabulary vocabulary)
    {
        TokenizerNode node = TinyTokenizer.Node(json);
        vocabulary = VocabularyReader.Read(node.Require("vocab"));
        return BytePairModelReader.Read(node, vocabulary);
    }
}
