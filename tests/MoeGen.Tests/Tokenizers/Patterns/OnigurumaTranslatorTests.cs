using MoeGen.Tokenizers;

namespace MoeGen.Tests.Tokenizers.Patterns;

public class OnigurumaTranslatorTests
{
    [Theory]
    [InlineData("a.b", @"a.b")]
    [InlineData("'s", @"\u0027s")]
    [InlineData("(a|b)", "(?:a|b)")]
    [InlineData("a++", "(?>a+)")]
    [InlineData(@"\p{l}?+", @"(?>[\p{L}]?)")]
    [InlineData("a{1,3}+", "(?:a{1,3})+")]
    [InlineData("(?i:t)", "(?:[tT])")]
    [InlineData(@"[^\s-]", @"[^\s\u002D]")]
    [InlineData("[a-z&&[^aeiou]]", "(?:[a-z-[aeiou]])")]
    [InlineData("[a-z&&[^a]&&[^e]]", "(?:[a-z-[ae]])")]
    [InlineData("[a-z&&k-p]", "(?:(?=[k-p])[a-z])")]
    [InlineData("[^a-z&&[k-p]]", @"(?:(?!(?=[k-p])[a-z])[\s\S])")]
    [InlineData("[[^ab]]", "[^ab]")]
    [InlineData("[^[^ab]]", "[ab]")]
    [InlineData("😀", @"[\uD800]")]
    [InlineData("[𐐀-𐐁😀]", @"[\uD800\uD801]")]
    [InlineData(@"😀\p{So}", @"[\uD800][\p{So}\uD800]")]
    public void Translate_SpellsOutWhatDiffers(string pattern, string translated) =>
        Assert.Equal(translated, new OnigurumaTranslator(pattern, "file").Translate());

    [Theory]
    [InlineData("(a", "a ( without its )")]
    [InlineData("a)", "a ) without its (")]
    [InlineData("[a", "a [ without its ]")]
    [InlineData("[]", "a [ without its ]")]
    [InlineData("*a", "a * with nothing to repeat")]
    [InlineData("(?:+)", "a + with nothing to repeat")]
    [InlineData("{2}", "a {} with nothing to repeat")]
    [InlineData("a*****", "more than 4 quantifiers in a row")]
    [InlineData("a{3,2}", "the count {3,2}")]
    [InlineData("a{2000}", "a count above 1000")]
    [InlineData("a{99999999999}", "a count above 1000")]
    [InlineData("a\\", "a \\ at its end")]
    [InlineData(@"\w", "the escape \"\\w\"")]
    [InlineData(@"\h", "the escape \"\\h\"")]
    [InlineData(@"\b", "the escape \"\\b\"")]
    [InlineData(@"(a)\1", "the escape \"\\1\"")]
    [InlineData(@"\u12", "an escape without its hexadecimal digits")]
    [InlineData(@"\xE9", "a \\x for part of a character")]
    [InlineData(@"\x{110000}", "a \\x{..} that is no character")]
    [InlineData(@"\x{D800}", "a \\x{..} that is no character")]
    [InlineData(@"\uD800", "a \\u that is no character")]
    [InlineData("[a&&]", "a && with nothing beside it")]
    [InlineData("[a[b&&c]]", "a && in a class inside a class")]
    [InlineData("[[^a]b]", "\"[^a]b]\" beside other members of a class")]
    [InlineData("(?i:🙂)", "U+1F642 without regard to case")]
    [InlineData(@"\pL", "a \\p without its {..}")]
    [InlineData(@"\p{Greek}", "the property \"Greek\"")]
    [InlineData(@"\p{IsGreek}", "the property \"IsGreek\"")]
    [InlineData(@"\p{ L}", "the property \" L\"")]
    [InlineData("[[:punct:]]", "\"[:punct:]\" inside a class")]
    [InlineData("[a[^b]]", "\"[^b]]\" inside a class")]
    [InlineData(@"[a-\d]", "a range without a proper start and end")]
    [InlineData("[z-a]", "a range without a proper start and end")]
    [InlineData("[a-c-e]", "a - behind a range")]
    [InlineData(@"[\P{Han}]", "a negated script inside a class")]
    [InlineData("(?<name>a)", "\"(?<n\"")]
    [InlineData("(?m:.)", "\"(?m:\"")]
    [InlineData("(?i)a", "\"(?i)\"")]
    [InlineData("(?#x)", "\"(?#x\"")]
    [InlineData("(?i:é)", "U+00E9 without regard to case")]
    [InlineData("(?i:ss)", "\"ss\" without regard to case")]
    [InlineData(@"(?i:F\x69)", "\"fi\" without regard to case")]
    [InlineData(@"(?i:\p{Lu})", "the category Lu without regard to case")]
    public void Translate_RefusesWhatItCannotKeep(string pattern, string found)
    {
        OnigurumaTranslator translator = new(pattern, "file: place");

        string message = Assert.Throws<TokenizerFormatException>(translator.Translate).Message;

        Assert.StartsWith($"file: place: the regular expression has {found}", message);
        Assert.Contains("; supported are ", message);
    }

    [Fact]
    public void Translate_RefusesDeepNesting()
    {
        OnigurumaTranslator translator = new(new string('(', 5000), "file");

        Assert.Contains("groups nested deeper than 50", Assert.Throws<TokenizerFormatException>(translator.Translate).Message);
    }

    [Fact]
    public void Translate_RefusesLongPatterns()
    {
        OnigurumaTranslator translator = new(new string('a', 10_000), "file");

        Assert.Contains("at most 8192", Assert.Throws<TokenizerFormatException>(translator.Translate).Message);
    }
}
