using MoeGen.Evaluation;

namespace MoeGen.Tests.Evaluation;

public class PercentileTests
{
    [Theory]
    [InlineData(0.05, 1)]
    [InlineData(0.2, 1)]
    [InlineData(0.21, 2)]
    [InlineData(0.5, 3)]
    [InlineData(0.95, 9)]
    [InlineData(1, 9)]
    public void Percentile_IsAValueOfTheList(double share, double expected) =>
        Assert.Equal(expected, Percentile.Of([9, 1, 3, 2, 4], share));

    [Fact]
    public void OfNothing_IsNoNumber() => Assert.Equal(double.NaN, Percentile.Of([], 0.5));
}
