using MoeGen.Experts.Eviction;

namespace MoeGen.Tests.Experts.Eviction;

public class LfuEvictionTests
{
    [Fact]
    public void LeastUsed_GoesFirst_AmongEqualsTheLeastRecentlyUsed()
    {
        // uses: (0, 0) 2, (1, 1) 1, (0, 3) 1, (1, 0) 3
        EvictionCase cache = new EvictionCase(2, 4).Use((1, 0), (0, 0), (1, 1), (1, 0), (0, 3), (0, 0), (1, 0));
        Assert.Equal([(1, 1), (0, 3), (0, 0), (1, 0)], cache.Order(new LfuEviction()));
    }

    [Fact]
    public void UsesBeforeTheLastEviction_Count()
    {
        EvictionCase cache = new EvictionCase(1, 4).Use((0, 0), (0, 0), (0, 1));
        cache.Usage.OnAdmitted(0);
        Assert.Equal([(0, 1), (0, 0)], cache.Order(new LfuEviction()));
    }
}
