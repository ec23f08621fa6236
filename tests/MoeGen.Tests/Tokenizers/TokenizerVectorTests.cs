using System.Text;
using MoeGen.Testing;
using MoeGen.Tokenizers;

namespace MoeGen.Tests.Tokenizers;

/// <summary>Published tokenizers give the ids that Hugging Face's Rust library gives, and decode them to the same text.</summary>
public class TokenizerVectorTests
{
    private static string DemoFolder => RepositoryFiles.DemoModel;

    public static TheoryData<string> PublishedTokenizers =>
    [
        "gpt-2", "gpt-neox", "gpt-oss", "granite-3", "olmoe", "qwen3", "deepseek-v3-pattern-on-llm-vocab",
        "mistral-v0.1", "phi-3-mini", "t5-small",
    ];

    [Fact]
    public void Encode_MatchesTheVectorsOfTheDemoModel()
    {
        Tokenizer tokenizer = Tokenizer.Load(DemoFolder);

        AssertRows(tokenizer, TestVector.Read(Path.Combine(AppContext.BaseDirectory, "Tokenizers", "demo-vectors.json")));
    }

    [Fact]
    public void Decode_ReversesTheVectorsOfTheDemoModel()
    {
        Tokenizer tokenizer = Tokenizer.Load(DemoFolder);

        foreach (TestVector row in TestVector.Read(Path.Combine(AppContext.BaseDirectory, "Tokenizers", "demo-vectors.json")))
        {
            Assert.Equal(row.Text, tokenizer.Decode(row.Ids));
        }
    }

    [Theory]
    [MemberData(nameof(PublishedTokenizers))]
    public void EncodeAndDecode_MatchTheRustLibrary(string name)
    {
        Tokenizer tokenizer = Tokenizer.Load(RepositoryFiles.RequireShared($"tokenizers/{name}"));

        AssertRows(tokenizer, TestVector.Read(RepositoryFiles.RequireShared($"tokenizers/{name}/vectors.json")));
    }

    [Theory]
    [InlineData("gpt-2")]
    [InlineData("gpt-neox")]
    [InlineData("gpt-oss")]
    [InlineData("qwen3")]
    [InlineData("mistral-v0.1")]
    [InlineData("phi-3-mini")]
    public void Encode_MatchesIdsThatOtherProjectsRecorded(string name)
    {
        Tokenizer tokenizer = Tokenizer.Load(RepositoryFiles.RequireShared($"tokenizers/{name}"));

        AssertRows(tokenizer, TestVector.Read(RepositoryFiles.RequireShared($"tokenizers/{name}/external.json")));
    }

    private static void AssertRows(Tokenizer tokenizer, List<TestVector> rows)
    {
        StringBuilder faults = new();
        foreach (TestVector row in rows)
        {
            Compare(row, "ids", row.Ids, tokenizer.Encode(row.Text));
            if (row.IdsSpecial is int[] idsSpecial)
            {
                Compare(row, "ids_special", idsSpecial, tokenizer.Encode(row.Text, addSpecialTokens: true));
                Compare(row, "decoded", row.Decoded!, tokenizer.Decode(idsSpecial));
                Compare(row, "decoded_skip_special", row.DecodedSkipSpecial!, tokenizer.Decode(idsSpecial, skipSpecialTokens: true));
            }
        }

        Assert.NotEmpty(rows);
        Assert.True(faults.Length == 0, faults.ToString());

        void Compare<T>(TestVector row, string what, IEnumerable<T> expected, IEnumerable<T> actual)
        {
            if (!expected.SequenceEqual(actual))
            {
                faults.AppendLine($"{row.Name}, {what}: expected {string.Join(' ', expected)}, got {string.Join(' ', actual)}");
            }
        }
    }
}
