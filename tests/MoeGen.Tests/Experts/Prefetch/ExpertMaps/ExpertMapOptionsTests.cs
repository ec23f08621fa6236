using MoeGen.Experts;
using MoeGen.Experts.Prefetch.ExpertMaps;

namespace MoeGen.Tests.Experts.Prefetch.ExpertMaps;

public class ExpertMapOptionsTests
{
    [Theory]
    [InlineData(null, 24, 1)]
    [InlineData(null, 4, 1)]
    [InlineData(null, 1, 1)]
    [InlineData(6, 24, 6)]
    [InlineData(6, 4, 4)]
    public void Distance_FitsTheModel(int? asked, int numLayers, int expected) =>
        Assert.Equal(expected, new ExpertMapOptions { PrefetchDistance = asked }.DistanceFor(new ExpertGrid(numLayers, 8, 2)));

    [Fact]
    public void OptionsOutOfRange_AreRefused()
    {
        new ExpertMapOptions().Validate();
        Assert.Throws<ArgumentOutOfRangeException>("Capacity", () => new ExpertMapOptions { Capacity = 0 }.Validate());
        Assert.Throws<ArgumentOutOfRangeException>("PrefetchDistance", () => new ExpertMapOptions { PrefetchDistance = 0 }.Validate());
        Assert.Throws<ArgumentOutOfRangeException>("PromptRows", () => new ExpertMapOptions { PromptRows = 0 }.Validate());
        Assert.Throws<ArgumentOutOfRangeException>("MinProbability", () => new ExpertMapOptions { MinProbability = float.NaN }.Validate());
        Assert.Throws<ArgumentOutOfRangeException>("MinProbability", () => new ExpertMapOptions { MinProbability = 1.5f }.Validate());
        Assert.Throws<ArgumentException>(() => new ExpertMapOptions { Mode = ExpertMapMode.Offline }.Validate());
    }
}
