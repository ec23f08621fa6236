using MoeGen.Cli.Evaluation;

namespace MoeGen.Cli.Tests.Evaluation;

public class ContinuationMatchTests
{
    [Fact]
    public void Matches_ByHand()
    {
        ContinuationMatch sum = ContinuationMatch.Of([1, 2, 3], [1, 2, 3])
            .Plus(ContinuationMatch.Of([1, 2, 3], [1, 9, 3]))
            .Plus(ContinuationMatch.Of([1, 2, 3], [9, 2, 3]))
            .Plus(ContinuationMatch.Of([1, 2, 3], [1, 2]));
        Assert.Equal(new ContinuationMatch(4, 1, 3 + 1 + 0 + 2), sum);
        Assert.Equal(0.25, sum.EqualShare);
        Assert.Equal(1.5, sum.MeanPrefix);
    }

    [Fact]
    public void WithoutContinuations_ThereIsNoShare() =>
        Assert.Equal((null, null), (default(ContinuationMatch).EqualShare, default(ContinuationMatch).MeanPrefix));
}
