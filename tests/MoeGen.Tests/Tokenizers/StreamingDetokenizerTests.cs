using System.Text;
using MoeGen.Testing;
using MoeGen.Tokenizers;

namespace MoeGen.Tests.Tokenizers;

public class StreamingDetokenizerTests
{
    // without merges the ids are bytes
    private static Tokenizer Bytes { get; } = TinyTokenizer.Load(TinyTokenizer.Json("ð Ł").Adding(257, "<|end|>", "special"));

    private static Tokenizer SentencePiece { get; } = TinyTokenizer.Load(OracleFile.Read("llama-like").Json);

    [Fact]
    public void Append_GivesWholeCharactersAtOnce()
    {
        StreamingDetokenizer detokenizer = new(Bytes);

        Assert.Equal("a"u8, detokenizer.Append('a'));
        Assert.Equal("<|end|>"u8, detokenizer.Append(257));
        Assert.Equal([], detokenizer.Flush());
    }

    [Fact]
    public void Append_HoldsACharacterBackUntilItIsComplete()
    {
        StreamingDetokenizer detokenizer = new(Bytes);

        Assert.Equal([], detokenizer.Append(256)); // F0 9F
        Assert.Equal([], detokenizer.Append(0x98));
        Assert.Equal("😀"u8, detokenizer.Append(0x80));
        Assert.Equal([], detokenizer.Flush());
    }

    [Fact]
    public void Append_ReplacesWhatCannotBecomeACharacterAsSoonAsThatIsCertain()
    {
        StreamingDetokenizer detokenizer = new(Bytes);

        Assert.Equal([], detokenizer.Append(0xE2));
        Assert.Equal("\uFFFDa"u8, detokenizer.Append('a'));
        Assert.Equal("\uFFFD"u8, detokenizer.Append(0xFF));
        Assert.Equal([], detokenizer.Append(0xC3));
        Assert.Equal("\uFFFD"u8, detokenizer.Append(256)); // the new start waits in its turn
    }

    [Fact]
    public void Flush_ReplacesAnIncompleteCharacterOnce()
    {
        StreamingDetokenizer detokenizer = new(Bytes);
        detokenizer.Append(256);
        detokenizer.Append(0x98);

        Assert.Equal("\uFFFD"u8, detokenizer.Flush());
        Assert.Equal([], detokenizer.Flush());
        Assert.Equal("b"u8, detokenizer.Append('b'));
    }

    [Fact]
    public void Append_SkipsSpecialTokensWithinACharacter()
    {
        StreamingDetokenizer detokenizer = new(Bytes, skipSpecialTokens: true);

        Assert.Equal([], detokenizer.Append(0xC3));
        Assert.Equal([], detokenizer.Append(257));
        Assert.Equal("é"u8, detokenizer.Append(0xA9));
    }

    [Fact]
    public void Append_RefusesUnknownIdsAndGoesOn()
    {
        StreamingDetokenizer detokenizer = new(Bytes);
        detokenizer.Append(0xC3);

        Assert.Throws<UnknownTokenException>(() => { detokenizer.Append(999); });
        Assert.Equal("é"u8, detokenizer.Append(0xA9));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Append_PutTogetherIsDecode(bool skipSpecialTokens)
    {
        Random random = new(20240607);
        for (int round = 0; round < 3000; round++)
        {
            // lead and continuation bytes far more often than chance would have them
            int[] ids = [.. Enumerable.Range(0, random.Next(1, 24)).Select(_ => random.Next(3) switch
            {
                0 => random.Next(258),
                1 => random.Next(0xC0, 0x100),
                _ => random.Next(0x80, 0xC0),
            })];

            Assert.Equal(Bytes.Decode(ids, skipSpecialTokens), Stream(new StreamingDetokenizer(Bytes, skipSpecialTokens), ids));
        }
    }

    [Fact]
    public void Append_HoldsARunOfByteTokensBackUntilItIsOver()
    {
        StreamingDetokenizer detokenizer = new(SentencePiece);

        Assert.Equal([], detokenizer.Append(Byte(0xC3)));
        Assert.Equal([], detokenizer.Append(Byte(0xA9)));
        Assert.Equal("éa"u8, detokenizer.Append(Id("a")));
        Assert.Equal([], detokenizer.Append(Byte(0x41)));
        Assert.Equal("A"u8, detokenizer.Flush());
    }

    [Fact]
    public void Append_ReplacesEveryByteOfARunThatDoesNotFit()
    {
        StreamingDetokenizer detokenizer = new(SentencePiece);

        Assert.Equal([], detokenizer.Append(Byte(0xC3)));
        Assert.Equal([], detokenizer.Append(Byte(0xA9)));
        Assert.Equal("\uFFFD\uFFFD\uFFFD"u8, detokenizer.Append(Byte(0xFF)));
        Assert.Equal("\uFFFD"u8, detokenizer.Append(Byte(0x41)));
        Assert.Equal("a"u8, detokenizer.Append(Id("a")));
        Assert.Equal([], detokenizer.Append(Byte(0x41)));
        Assert.Equal([], detokenizer.Append(Byte(0xE2)));
        Assert.Equal("\uFFFD\uFFFD"u8, detokenizer.Flush());
    }

    [Fact]
    public void Append_StripsTheVeryFirstSpaceOnly()
    {
        StreamingDetokenizer detokenizer = new(SentencePiece, skipSpecialTokens: true);
        for (int sequence = 0; sequence < 2; sequence++)
        {
            Assert.Equal([], detokenizer.Append(Id("<s>")));
            Assert.Equal("the"u8, detokenizer.Append(Id("▁the")));
            Assert.Equal(" the"u8, detokenizer.Append(Id("▁the")));
            Assert.Equal([], detokenizer.Flush());
        }
    }

    [Theory]
    [InlineData("llama-like")]
    [InlineData("mistral-like")]
    [InlineData("gemma-like")]
    [InlineData("t5-like")]
    [InlineData("bert-like")]
    public void Append_AllocatesNothingForOtherVocabularies(string name) =>
        AssertNoAllocation(TinyTokenizer.Load(OracleFile.Read(name).Json));

    [Fact]
    public void Append_AllocatesNothing() => AssertNoAllocation(Tokenizer.Load(RepositoryFiles.DemoModel));

    private static int Id(string token) => SentencePiece.TryGetId(token, out int id) ? id : throw new ArgumentException(token);

    private static int Byte(int value) => Id($"<0x{value:X2}>");

    private static void AssertNoAllocation(Tokenizer tokenizer)
    {
        StreamingDetokenizer detokenizer = new(tokenizer);
        AppendAll(); // compiles

        long before = GC.GetAllocatedBytesForCurrentThread();
        AppendAll();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void AppendAll()
        {
            for (int id = 0; id < tokenizer.VocabularySize; id++)
            {
                if (tokenizer.Contains(id))
                {
                    detokenizer.Append(id);
                }
            }

            detokenizer.Flush();
        }
    }

    // every piece must be valid by itself: a strict decoder takes it
    private static string Stream(StreamingDetokenizer detokenizer, int[] ids)
    {
        UTF8Encoding strict = new(false, throwOnInvalidBytes: true);
        StringBuilder text = new();
        foreach (int id in ids)
        {
            text.Append(strict.GetString(detokenizer.Append(id)));
        }

        return text.Append(strict.GetString(detokenizer.Flush())).ToString();
    }
}
