using MoeGen.Experts.Prefetch.ExpertMaps;

namespace MoeGen.Tests.Experts.Prefetch.ExpertMaps;

public class CosinesTests
{
    [Fact]
    public void Best_IsTheFirstOfTheLargest()
    {
        // 2 x .5, 8 x .25, 4 x .5, each x .5
        Cosines cosines = new([0, 1, 2], [2, 8, 4], [0.5f, 0.25f, 0.5f], 0.5f);
        Assert.Equal(new MapMatch(1, 1), cosines.Best());
        Assert.Equal(0.5f, cosines[0]);
    }

    [Fact]
    public void ListedMaps_HaveTheirOwnLengths()
    {
        // rows 1 and 3 of four: 2 x .5 and 3 x .25
        Cosines cosines = new([1, 3], [2, 3], [9, 0.5f, 9, 0.25f], 1);
        Assert.Equal((2, 1f, 0.75f), (cosines.Count, cosines[0], cosines[1]));
        Assert.Equal((1, 3), (cosines.RowOf(0), cosines.RowOf(1)));
        Assert.Equal(new MapMatch(1, 1), cosines.Best());
    }

    [Fact]
    public void NegativeCosines_AreMatches() => Assert.Equal(new MapMatch(1, -0.5f), new Cosines([0, 1], [-1, -0.5f], [1, 1], 1).Best());

    [Fact]
    public void NoMaps_OrNoQuery_IsNoMatch()
    {
        Assert.Equal(MapMatch.None, new Cosines([], [], [], 1).Best());
        Assert.Equal(MapMatch.None, new Cosines([0], [1], [1], 0).Best());
    }
}
