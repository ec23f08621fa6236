using MoeGen.Tokenizers;

namespace MoeGen.Tests.Tokenizers.AddedTokens;

/// <summary>Segments as the Rust library makes them: text in plain, tokens in brackets with their id and what they swallow.</summary>
public class AddedTokenSplitterTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("text", "text")]
    [InlineData("a<l>b", "a [0:<l>] b")]
    [InlineData("a \n<l> b", "a [0: \n<l>]  b")] // swallows the white space before it
    [InlineData("a <r> \n b", "a  [1:<r> \n ] b")] // or behind it
    [InlineData("<r> x", "[1:<r> ] x")]
    [InlineData("a   b", "a [2:  ]  b")] // two spaces, then one
    [InlineData("<r>  <l>b", "[1:<r>  ] [2:  ] [0:<l>] b")] // another token in what was swallowed is found as well
    [InlineData("<l>  <l>", "[0:<l>] [2:  ] [0:<l>]")] // spaces that are a token are not swallowed any more
    [InlineData("<r><r>", "[1:<r>] [1:<r>]")]
    public void Split_StripsWhiteSpace(string text, string segments) => Assert.Equal(segments, Split(
        text, Token(0, "<l>", stripsLeft: true), Token(1, "<r>", stripsRight: true), Token(2, "  ")));

    [Theory]
    [InlineData("ab", "[0:ab]")]
    [InlineData("ab ab.ab", "[0:ab]   [0:ab] . [0:ab]")]
    [InlineData("cab", "cab")]
    [InlineData("abé", "abé")]
    [InlineData("ab\u0301", "ab\u0301")]
    [InlineData("ab_", "ab_")]
    [InlineData("ab1", "ab1")]
    [InlineData("abⅧ", "abⅧ")]
    [InlineData("abⓐ", "abⓐ")]
    [InlineData("ab🄰", "ab🄰")]
    [InlineData("𝒳ab", "𝒳ab")]
    [InlineData("ab\u200D", "ab\u200D")]
    [InlineData("ab½", "[0:ab] ½")]
    [InlineData("🙂ab🙂", "🙂 [0:ab] 🙂")]
    [InlineData("abab", "abab")]
    [InlineData("abc abcd", "[1:abc]   [1:abc] d")] // the longest is tried, and only that
    public void Split_FindsSingleWordsOnly(string text, string segments) =>
        Assert.Equal(segments, Split(text, Token(0, "ab", isSingleWord: true), Token(1, "abc")));

    [Theory]
    [InlineData("<abc>", "[1:<ab] c>")]
    [InlineData("xabc>", "x [3:abc] >")]
    [InlineData("<ac", "[0:<a] c")]
    public void Split_PrefersTheLeftmostThenTheLongest(string text, string segments) =>
        Assert.Equal(segments, Split(text, Token(0, "<a"), Token(1, "<ab"), Token(2, "bc>"), Token(3, "abc")));

    [Fact]
    public void Split_TakesTheFirstOfTokensThatLookTheSame()
    {
        AddedTokenSplitter splitter = new([("<a>", Token(1, "<A>")), ("<a>", Token(2, "<a>"))]);
        List<TextSegment> segments = [];

        splitter.Split("<a>", segments);

        Assert.Equal([new TextSegment(new TextRange(0, 3), 1)], segments);
    }

    private static AddedToken Token(int id, string content, bool isSingleWord = false, bool stripsLeft = false, bool stripsRight = false) =>
        new(id, content, false, isSingleWord, stripsLeft, stripsRight, false);

    private static string Split(string text, params AddedToken[] tokens)
    {
        List<TextSegment> segments = [];
        new AddedTokenSplitter(tokens.Select(token => (token.Content, token))).Split(text, segments);
        return string.Join(' ', segments.Select(segment =>
        {
            string part = text.Substring(segment.Range.Start, segment.Range.Length);
            return segment.TokenId is int id ? $"[{id}:{part}]" : part;
        }));
    }
}
