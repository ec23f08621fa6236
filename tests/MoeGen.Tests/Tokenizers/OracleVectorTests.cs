using System.Text;
using MoeGen.Tokenizers;

namespace MoeGen.Tests.Tokenizers;

/// <summary>Every component does what it does in Hugging Face's Rust library.</summary>
public class OracleVectorTests
{
    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);

    public static TheoryData<string> Names => [.. OracleFile.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Encode_GivesTheIdsOfTheOracle(string name)
    {
        OracleFile file = OracleFile.Read(name);
        Tokenizer tokenizer = TinyTokenizer.Load(file.Json);

        Assert.NotEmpty(file.Vectors);
        foreach (TestVector row in file.Vectors)
        {
            Assert.Equal(row.Ids, tokenizer.Encode(row.Text));
            Assert.Equal(row.IdsSpecial!, tokenizer.Encode(row.Text, addSpecialTokens: true));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Decode_GivesTheTextOfTheOracle(string name)
    {
        OracleFile file = OracleFile.Read(name);
        Tokenizer tokenizer = TinyTokenizer.Load(file.Json);

        foreach (TestVector row in file.Vectors)
        {
            Assert.Equal(row.Decoded, tokenizer.Decode(row.IdsSpecial!));
            Assert.Equal(row.DecodedSkipSpecial, tokenizer.Decode(row.IdsSpecial!, skipSpecialTokens: true));
        }

        foreach (OracleFile.Decoding row in file.Decodings)
        {
            Assert.Equal(row.Decoded, tokenizer.Decode(row.Ids));
            Assert.Equal(row.DecodedSkipSpecial, tokenizer.Decode(row.Ids, skipSpecialTokens: true));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Append_PutTogetherIsWhatTheDecoderMakesOfTheWhole(string name)
    {
        Tokenizer tokenizer = TinyTokenizer.Load(OracleFile.Read(name).Json);
        int[] known = [.. Enumerable.Range(0, tokenizer.VocabularySize).Where(tokenizer.Contains)];
        int[] bytes = [.. known.Where(id => tokenizer.GetBytes(id).Length == 1 && tokenizer.GetBytes(id)[0] >= 0x80)];
        StreamingDetokenizer detokenizer = new(tokenizer);
        Random random = new(20260101);
        for (int round = 0; round < 1000; round++)
        {
            int[] ids = [.. Enumerable.Range(0, random.Next(12)).Select(
                _ => bytes.Length > 0 && random.Next(2) == 0 ? bytes[random.Next(bytes.Length)] : known[random.Next(known.Length)])];

            // the steps as they are defined, over strings, against the plan that was worked out per token
            string expected = tokenizer.DecodeWhole([.. ids]);
            StringBuilder streamed = new();
            foreach (int id in ids)
            {
                streamed.Append(s_strict.GetString(detokenizer.Append(id)));
            }

            Assert.Equal(expected, streamed.Append(s_strict.GetString(detokenizer.Flush())).ToString());
            Assert.Equal(expected, tokenizer.Decode(ids));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Encode_TakesAnyText(string name)
    {
        Tokenizer tokenizer = TinyTokenizer.Load(OracleFile.Read(name).Json);
        Random random = new(42);
        for (int round = 0; round < 300; round++)
        {
            string text = new([.. Enumerable.Range(0, random.Next(30)).Select(_ => (char)random.Next(random.Next(2) == 0 ? 0x80 : 0x10000))]);

            tokenizer.Decode(tokenizer.Encode(text, addSpecialTokens: true));
        }
    }

    [Theory]
    [InlineData("llama-like")]
    [InlineData("mistral-like")]
    [InlineData("t5-like")]
    [InlineData("unigram-byte-fallback")]
    public void Encode_TakesAMegabyteInItsStride(string name)
    {
        // words, one word, and one character: a quadratic algorithm would take minutes
        Tokenizer tokenizer = TinyTokenizer.Load(OracleFile.Read(name).Json);
        const int Length = 1_000_000;
        foreach (string unit in new[] { "Hello world ", "hello", " ", "中", "a\u0301", "🙂" })
        {
            string text = string.Concat(Enumerable.Repeat(unit, Length / unit.Length));

            Assert.NotNull(tokenizer.Decode(tokenizer.Encode(text)));
        }
    }
}
