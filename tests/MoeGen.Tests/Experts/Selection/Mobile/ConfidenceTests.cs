using MoeGen.Experts.Selection.Mobile;

namespace MoeGen.Tests.Experts.Selection.Mobile;

public class ConfidenceTests
{
    // probabilities 1/2, 1/4, 1/8, 1/8: entropy 1.75 ln 2, of at most 2 ln 2
    private static readonly float[] s_logits = [MathF.Log(2), MathF.Log(4), 0, 0];

    [Theory]
    [InlineData(FallbackRule.TopProbability, 0.5)]
    [InlineData(FallbackRule.Margin, 0.25)]
    [InlineData(FallbackRule.Entropy, 0.125)]
    public void Confidence_ByHand(FallbackRule rule, float expected) => Assert.Equal(expected, Confidence.Of(rule, s_logits), 1e-6f);

    [Theory]
    [InlineData(FallbackRule.TopProbability, 0.25)]
    [InlineData(FallbackRule.Margin, 0)]
    [InlineData(FallbackRule.Entropy, 0)]
    public void EqualTokens_AreLeastSure(FallbackRule rule, float expected) =>
        Assert.Equal(expected, Confidence.Of(rule, [3, 3, 3, 3]), 1e-6f);

    [Theory]
    [InlineData(FallbackRule.TopProbability)]
    [InlineData(FallbackRule.Margin)]
    [InlineData(FallbackRule.Entropy)]
    public void CertainToken_IsOne(FallbackRule rule)
    {
        Assert.Equal(1, Confidence.Of(rule, [0, 500, 0]));
        Assert.Equal(1, Confidence.Of(rule, [5]));
        Assert.True(Confidence.IsMeasuredBy(rule));
    }

    [Fact]
    public void RulesThatReadNoLogits_MeasureNothing()
    {
        Assert.False(Confidence.IsMeasuredBy(FallbackRule.RandomBig));
        Assert.Throws<ArgumentOutOfRangeException>(() => Confidence.Of(FallbackRule.AlwaysBig, [1]));
    }
}
