using System.Text;
using MoeGen.Testing;
using MoeGen.Tokenizers;

namespace MoeGen.Tests.Tokenizers;

/// <summary>Whatever the text, a byte-level tokenizer without normalizer gives it back.</summary>
public class TokenizerRoundTripTests
{
    private const int NumTexts = 2000;

    private static readonly string[] s_fragments =
    [
        " ", "  ", "\t", "\r\n", "\n\n", "\0", "\u00A0", "\u3000", "\u2028", "'s", "'LL", "a", "The", "été", "e\u0301\u0327", "ſ", "K",
        "1234", "½", "٣", "中文", "𠮷", "ひらがな", "한글", "\u1112\u1161\u11AB", "🙂", "👩‍👩‍👧", "🇫🇷", "\u200D", "\uFEFF", "\uFFFD", "𝒳",
        "\uD83D", "\uDE00", "<|user|>", "<|endoftext|>", "<|end", "...", "=>", "\u0301", "\uE000", "\uFFFF", "\U0010FFFF",
    ];

    public static TheoryData<string> SharedTokenizers => ["gpt-2", "gpt-oss"];

    [Fact]
    public void Decode_GivesBackWhatTheDemoTokenizerEncodes() =>
        AssertRoundTrips(Tokenizer.Load(RepositoryFiles.DemoModel));

    [Theory]
    [MemberData(nameof(SharedTokenizers))]
    public void Decode_GivesBackWhatPublishedTokenizersEncode(string name) =>
        AssertRoundTrips(Tokenizer.Load(RepositoryFiles.RequireShared($"tokenizers/{name}")));

    private static void AssertRoundTrips(Tokenizer tokenizer)
    {
        Random random = new(7);
        StreamingDetokenizer detokenizer = new(tokenizer);
        for (int i = 0; i < NumTexts; i++)
        {
            string text = MakeText(random);

            int[] ids = tokenizer.Encode(text);

            // a lone surrogate has no UTF-8: the encoder of .NET replaces it as the tokenizer does
            string expected = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
            Assert.Equal(expected, tokenizer.Decode(ids));
            StringBuilder streamed = new();
            foreach (int id in ids)
            {
                streamed.Append(Encoding.UTF8.GetString(detokenizer.Append(id)));
            }

            Assert.Equal(expected, streamed.Append(Encoding.UTF8.GetString(detokenizer.Flush())).ToString());
        }
    }

    private static string MakeText(Random random)
    {
        StringBuilder text = new();
        for (int length = random.Next(40); length > 0; length--)
        {
            if (random.Next(3) == 0)
            {
                text.Append((char)random.Next(char.MaxValue + 1)); // any UTF-16 unit
            }
            else
            {
                text.Append(s_fragments[random.Next(s_fragments.Length)]);
            }
        }

        return text.ToString();
    }
}
