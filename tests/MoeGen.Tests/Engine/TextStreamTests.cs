using System.Text;
using MoeGen.Engine;
using MoeGen.Testing;
using MoeGen.Tests.Tokenizers;
using MoeGen.Tokenizers;

namespace MoeGen.Tests.Engine;

public class TextStreamTests
{
    private static readonly Tokenizer s_tokenizer = Tokenizer.Load(RepositoryFiles.DemoModel);

    [Theory]
    [InlineData("Hello, world! Zoë and 日本 🙂👩‍👩‍👧")]
    [InlineData("a\0b\u001b[0m")]
    public void WithoutStopStrings_TheTextIsTheDecodedOne(string text)
    {
        string[] pieces = Stream(text, [], out bool isStopped);
        Assert.Equal(text, string.Concat(pieces));
        Assert.False(isStopped);
    }

    [Theory]
    [InlineData("one two three", "two", "one ")]
    [InlineData("one two three", "ee", "one two thr")]
    [InlineData("aab", "ab", "a")]
    [InlineData("ababac", "abac", "ab")]
    [InlineData("日本語", "本", "日")]
    [InlineData("stop", "stop", "")]
    public void StopString_EndsTheTextBeforeIt(string text, string stop, string expected)
    {
        Assert.Equal(expected, string.Concat(Stream(text, [stop], out bool isStopped)));
        Assert.True(isStopped);
    }

    [Theory]
    [InlineData("the token 中 🙂 Hello", null, "the token 中 🙂 Hello")]
    [InlineData("the token 中 🙂 Hello", "🙂", "the token 中 ")]
    public void SentencePieceText_LosesTheSpaceThatWasPutBeforeIt(string text, string? stop, string expected)
    {
        Tokenizer tokenizer = TinyTokenizer.Load(OracleFile.Read("llama-like").Json);
        TextStream stream = new(tokenizer, stop is null ? [] : [stop]);
        StringBuilder streamed = new();
        foreach (int id in tokenizer.Encode(text, addSpecialTokens: true))
        {
            if (!stream.IsStopped)
            {
                stream.Append(id);
                streamed.Append(Encoding.UTF8.GetString(stream.Released));
            }
        }

        stream.Finish();
        Assert.Equal(expected, streamed.Append(Encoding.UTF8.GetString(stream.Released)).ToString());
    }

    [Fact]
    public void TokenThatTheTokenizerLacks_AddsNoText()
    {
        // models fill their vocabulary up to a round number
        TextStream stream = new(s_tokenizer, []);
        stream.Append(s_tokenizer.VocabularySize + 5);
        Assert.Empty(stream.Released.ToArray());
        stream.Append(s_tokenizer.Encode("a")[0]);
        Assert.Equal("a"u8.ToArray(), stream.Released.ToArray());
    }

    [Fact]
    public void EarliestStopString_Counts() => Assert.Equal("a ", string.Concat(Stream("a b c", ["c", "b"], out _)));

    [Fact]
    public void BeginningOfAStopString_WaitsAndThenComes()
    {
        string[] pieces = Stream("one two", ["two three"], out bool isStopped);
        Assert.Equal("one two", string.Concat(pieces));
        Assert.False(isStopped);
        Assert.DoesNotContain("two", string.Concat(pieces[..^1]));
    }

    [Fact]
    public void RandomTexts_AreCutAsAWholeTextWouldBe()
    {
        Random random = new(10);
        for (int i = 0; i < 500; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(30)).Select(_ => "ab €"[random.Next(4)]));
            string[] stops = [.. Enumerable.Range(0, random.Next(3)).Select(
                _ => string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => "ab €"[random.Next(4)])))];
            IEnumerable<int> found = stops.Select(stop => text.IndexOf(stop, StringComparison.Ordinal)).Where(index => index >= 0);
            int first = found.DefaultIfEmpty(text.Length).Min();
            Assert.Equal(text[..first], string.Concat(Stream(text, stops, out _)));
        }
    }

    // text pieces as tokens come, the last one from the end of the text
    private static string[] Stream(string text, string[] stops, out bool isStopped)
    {
        TextStream stream = new(s_tokenizer, stops);
        List<string> pieces = [];
        foreach (int token in s_tokenizer.Encode(text))
        {
            stream.Append(token);
            pieces.Add(Encoding.UTF8.GetString(stream.Released));
            if (stream.IsStopped)
            {
                break;
            }
        }

        stream.Finish();
        pieces.Add(Encoding.UTF8.GetString(stream.Released));
        isStopped = stream.IsStopped;
        return [.. pieces];
    }
}
