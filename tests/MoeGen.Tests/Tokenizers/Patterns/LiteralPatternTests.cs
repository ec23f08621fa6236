using MoeGen.Tokenizers;

namespace MoeGen.Tests.Tokenizers.Patterns;

public class LiteralPatternTests
{
    [Fact]
    public void FindMatches_FindsFromTheLeftWithoutOverlap()
    {
        List<TextRange> matches = [];

        new LiteralPattern("aa").FindMatches("aaabaa", matches);

        Assert.Equal([new TextRange(0, 2), new TextRange(4, 2)], matches);
    }

    [Fact]
    public void FindMatches_ComparesOrdinally()
    {
        List<TextRange> matches = [];

        new LiteralPattern("é").FindMatches("e\u0301", matches);

        Assert.Empty(matches);
    }
}
