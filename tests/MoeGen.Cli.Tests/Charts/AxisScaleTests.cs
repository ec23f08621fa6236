using MoeGen.Cli.Charts;

namespace MoeGen.Cli.Tests.Charts;

public class AxisScaleTests
{
    [Theory]
    [InlineData(0, 100, "0 20 40 60 80 100")]
    [InlineData(20, 75, "20 30 40 50 60 70 80")]
    [InlineData(0, 7.3, "0 1 2 3 4 5 6 7 8")]
    [InlineData(0, 0.9, "0.0 0.2 0.4 0.6 0.8 1.0")]
    [InlineData(0, 0.012, "0.000 0.002 0.004 0.006 0.008 0.010 0.012")]
    [InlineData(0, 1234, "0 200 400 600 800 1000 1200 1400")]
    [InlineData(5, 5, "5.0 5.2 5.4 5.6 5.8 6.0")]
    public void Ticks_AreRoundAndEnclose(double least, double most, string labels)
    {
        AxisScale scale = new(least, most);
        Assert.Equal(labels, string.Join(' ', scale.Ticks.Select(scale.Label)));
        Assert.True(scale.Start <= least && scale.End >= most);
    }

    [Fact]
    public void Place_IsLinear_AlsoDownwards()
    {
        AxisScale scale = new(0, 100);
        Assert.Equal(300, scale.Place(0, 300, 100));
        Assert.Equal(250, scale.Place(25, 300, 100));
        Assert.Equal(100, scale.Place(100, 300, 100));
    }
}
