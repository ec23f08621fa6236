using MoeGen.Tokenizers;

namespace MoeGen.Tests.Tokenizers.Patterns;

/// <summary>The matches are those of Oniguruma as the Rust library uses it; a bar stands between two.</summary>
public class CodePointRegexTests
{
    [Theory]
    [InlineData("(?i:'s|'t|'re|'ve|'m|'ll|'d)", "a'sb'Sc'\u017Fd'\u212Ae'LL", "'s|'S|'\u017F|'LL")] // the long s folds to s
    [InlineData("(?i:k)", "akKc\u212Ad", "k|K|\u212A")] // and the Kelvin sign to k
    [InlineData("(?i:[a-z]+)", "a\u0130b1cIK\u017Fß", "a|b|cIK\u017F")]
    [InlineData("(?i:a(?-i:b))", "AbaBAB", "Ab")]
    [InlineData(@"\p{N}{1,3}", "a1234567b", "123|456|7")]
    [InlineData(@"\p{N}{1,3}+", "a1234567b", "1234567")] // not possessive: the count itself is repeated
    [InlineData(@"\p{N}{2}?", "a1234567b", "12|34|56")] // not lazy: the pair is optional
    [InlineData("a{2,3}?", "aaaa", "aa|aa")]
    [InlineData("a{,2}b", "aaab", "aab")]
    [InlineData("a{x", "a{x", "a{x")]
    [InlineData("a++a", "aaab", "")]
    [InlineData("a*+b", "aaab", "aaab")]
    [InlineData("a?+a", "aab", "aa")]
    [InlineData(@"[^\r\n\p{L}\p{N}]?+\p{L}++", "a b c", "a| b| c")]
    [InlineData("(?>a+)ab|b", "aab", "b")]
    [InlineData(@"[^(\s|[.,!])]+", "ab(c.d,e|f!g h", "ab|c|d|e|f|g|h")] // a class inside a class adds to it
    [InlineData("^a", "a\na\na", "a|a|a")]
    [InlineData("a$", "a\na\nb", "a|a")]
    [InlineData(@"\Aa|b\z", "abab", "a|b")]
    [InlineData("(?<=a)b", "abcb", "b")]
    [InlineData(@"\s+(?!\S)|\s+", "a  b ", " | | ")]
    [InlineData(".", "a\n\r\u2028b", "a|\r|\u2028|b")]
    [InlineData(@"\s", "a\u001Cb\u0085c\u00A0d\u180Ee\u200Bf\u2028g\u3000h", "\u0085|\u00A0|\u2028|\u3000")]
    [InlineData(@"\d+", "a1٣½²Ⅷ", "1٣")]
    [InlineData(@"\x41|\u0042|\x{43}", "ABCD", "A|B|C")]
    [InlineData(@"[a\-c]+|[x-]", "a-c-xb", "a-c-|x")]
    [InlineData("[]a]", "]a[", "]|a")]
    [InlineData(@"\p{^L}+", "ab12c", "12")]
    [InlineData(@"\P{L}+|\p{lu}", "ab12C", "12|C")]
    [InlineData(@"\'\/\#", "'/#", "'/#")]
    [InlineData("a|", "ba", "a")]
    public void FindMatches_ReadsOnigurumasSyntax(string pattern, string text, string matches) =>
        Assert.Equal(matches, Find(pattern, text));

    [Theory]
    [InlineData(".", "a🙂b", "a|🙂|b")]
    [InlineData(".{2}", "🙂a🙂b🙂", "🙂a|🙂b")]
    [InlineData(@"\p{L}+", "1𠮷野𝒳a🙂𐐷", "𠮷野𝒳a|𐐷")]
    [InlineData(@"\p{Lu}\p{Ll}", "𐐀𐐨 Aa", "𐐀𐐨|Aa")]
    [InlineData(@"\p{N}", "𝟙𐅀①", "𝟙|𐅀|①")]
    [InlineData(@"\p{M}", "a\U0001D167b\u0301", "\U0001D167|\u0301")]
    [InlineData(@"\p{So}|\p{Sk}", "👍🏽", "👍|🏽")]
    [InlineData(@"\p{Co}|\p{Cn}|\p{Cf}", "\U0010FFFD\U0001FFFF\U000E0067", "\U0010FFFD|\U0001FFFF|\U000E0067")]
    [InlineData(@"[^\s\p{L}\p{N}]+", "x 🙂👩‍👩 y", "🙂👩‍👩")]
    [InlineData("[一-龥]+", "一𠮷二", "一|二")]
    [InlineData("[^一-龥]", "一𠮷二", "𠮷")]
    [InlineData(@"\p{Han}+", "ab漢字𠮷々〇xか\uFFDB𐀀", "漢字𠮷々〇")]
    [InlineData(@"\P{Han}+", "漢ab𠮷か𐀀", "ab|か𐀀")]
    [InlineData(@"[\p{Han}a]+", "b漢a𠮷c", "漢a𠮷")]
    [InlineData(@"[^\p{Han}a]+", "b漢a𠮷c", "b|c")]
    public void FindMatches_SeesCodePoints(string pattern, string text, string matches) => Assert.Equal(matches, Find(pattern, text));

    [Theory]
    [InlineData("((((a{1000}){1000}){1000}){1000}){1000}")]
    [InlineData("(?:(?:(?:a*)*)*)*b")]
    [InlineData("(?=(?=(?=a)*)*)*")]
    [InlineData("(?<=a{1000})+b|[a-\\uFFF0]{1000}")]
    public void FindMatches_EndsForOddPatterns(string pattern)
    {
        try
        {
            new CodePointRegex(pattern, "file", timeoutMs: 100).FindMatches(new string('a', 3000) + "🙂", []);
        }
        catch (TokenizerFormatException)
        {
            // refused, or stopped by the clock
        }
    }

    [Fact]
    public void FindMatches_StopsPatternsThatBacktrackWithoutEnd()
    {
        CodePointRegex regex = new("(?:a|aa)+$|(?:(a+)+)+b", "file: place", timeoutMs: 100);

        TokenizerFormatException e = Assert.Throws<TokenizerFormatException>(() => regex.FindMatches(new string('a', 200) + "!", []));

        Assert.StartsWith("file: place takes too long on a text of 201 characters", e.Message);
    }

    [Fact]
    public void FindMatches_StopsPatternsThatAreSlowInTotal()
    {
        // every match is quick, but looks through the rest of the text
        CodePointRegex regex = new("a(?=.*b|.*c|.*d|.*e|.*f|)", "file: place", timeoutMs: 1);

        Assert.Throws<TokenizerFormatException>(() => regex.FindMatches(new string('a', 100_000), []));
    }

    private static string Find(string pattern, string text)
    {
        List<TextRange> matches = [];
        new CodePointRegex(pattern, "file: place").FindMatches(text, matches);
        return string.Join('|', matches.Where(match => match.Length != 0).Select(match => text.Substring(match.Start, match.Length)));
    }
}
