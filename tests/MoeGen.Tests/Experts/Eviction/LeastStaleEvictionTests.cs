using MoeGen.Experts.Eviction;

namespace MoeGen.Tests.Experts.Eviction;

public class LeastStaleEvictionTests
{
    [Fact]
    public void LeftOversOfEarlierPasses_GoFirst_InTheOrderOfLayers()
    {
        // pass 1 used four, pass 2 used (0, 0) and (1, 1) again: stale are (1, 0) and (2, 0), fresh (0, 0) and (1, 1)
        EvictionCase cache = new EvictionCase(3, 4).Use((2, 0), (0, 0), (1, 0), (1, 1));
        cache.Pass = 2;
        cache.Use((0, 0), (1, 1));
        cache.Layer = 1;
        Assert.Equal([(1, 0), (2, 0), (0, 0), (1, 1)], cache.Order(new LeastStaleEviction(cache.Grid)));
    }

    [Fact]
    public void InsideALayer_TheLeastRecentlyUsedGoesFirst()
    {
        EvictionCase cache = new EvictionCase(1, 4).Use((0, 2), (0, 1), (0, 3));
        cache.Pass = 2;
        Assert.Equal([(0, 2), (0, 1), (0, 3)], cache.Order(new LeastStaleEviction(cache.Grid)));
    }
}
