using System.Text;
using MoeGen.Testing;
using MoeGen.Tokenizers;

namespace MoeGen.Tests.Tokenizers;

public class StreamingDetokenizerTests
{
    // without merges the ids are bytes
    private static Tokenizer Bytes { get; } = TinyTokenizer.Load(TinyTokenizer.Json("ð Ł").Adding(257, "<|end|>", "special"));

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
    public void Append_AllocatesNothing()
    {
        Tokenizer tokenizer = Tokenizer.Load(RepositoryFiles.DemoModel);
        StreamingDetokenizer detokenizer = new(tokenizer);
        AppendAll(); // compiles

        long before = GC.GetAllocatedBytesForCurrentThread();
        AppendAll();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void AppendAll()
        {
            for (int id = 0; id < tokenizer.VocabularySize; id++)
            {
                detokenizer.Append(id);
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
