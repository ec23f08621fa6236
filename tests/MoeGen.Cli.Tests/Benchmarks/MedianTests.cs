using MoeGen.Benchmarks.Results;

namespace MoeGen.Cli.Tests.Benchmarks;

public class MedianTests
{
    [Theory]
    [InlineData(3.0, 3.0)]
    [InlineData(2.0, 9.0, 1.0, 2.0)]
    [InlineData(2.5, 9.0, 1.0, 3.0, 2.0)]
    public void Median_IsInTheMiddle(double expected, params double[] values) => Assert.Equal(expected, Median.Of(values));

    [Fact]
    public void Median_OfNothing_Throws() => Assert.Throws<ArgumentException>(() => Median.Of([]));
}
