using MoeGen.Tokenizers;

namespace MoeGen.Tests.Tokenizers.Models;

public class ScoreParserTests
{
    [Theory]
    [InlineData("0", 0.0)]
    [InlineData("-0.0", 0.0)]
    [InlineData("12", 12.0)]
    [InlineData("-2.5", -2.5)]
    [InlineData("1E2", 100.0)]
    [InlineData("25e-1", 2.5)]
    [InlineData("-1.5e+3", -1500.0)]
    [InlineData("1e-400", 0.0)]
    [InlineData("0e999999999999999999999", 0.0)]
    [InlineData("1e-999999999999999999999", 0.0)]
    public void TryParse_ReadsNumbers(string json, double expected)
    {
        Assert.True(ScoreParser.TryParse(json, out double score));
        Assert.Equal(expected, score);
    }

    [Theory]
    [InlineData("1e309")]
    [InlineData("-1e999999999999999999999")]
    public void TryParse_RefusesWhatIsOutOfRange(string json) => Assert.False(ScoreParser.TryParse(json, out _));

    [Fact]
    public void TryParse_RoundsTwiceAsTheRustLibraryDoes()
    {
        // 20122928619384767 is above 2^53 and rounds to ...768; the quotient rounds once more
        Assert.True(ScoreParser.TryParse("2.0122928619384767", out double score));

        Assert.Equal(20122928619384768.0 / 1e16, score);
    }

    [Fact]
    public void TryParse_DropsDigitsThatDoNotFit64Bits()
    {
        Assert.True(ScoreParser.TryParse("1.84467440737095516159", out double fraction)); // the last digit does not fit
        Assert.Equal((double)1844674407370955161UL * 10 / 1e19, fraction, 15);
        Assert.True(ScoreParser.TryParse("184467440737095516169", out double integer));
        Assert.Equal(18446744073709551616.0 * 10, integer);
    }
}
