using MoeGen.Experts.Eviction;

namespace MoeGen.Tests.Experts.Eviction;

public class LruEvictionTests
{
    [Fact]
    public void LeastRecentlyUsed_GoesFirst_OfWhateverLayer()
    {
        EvictionCase cache = new EvictionCase(2, 4).Use((1, 2), (0, 0), (1, 1), (0, 3), (1, 2));
        Assert.Equal([(0, 0), (1, 1), (0, 3), (1, 2)], cache.Order(new LruEviction()));
    }

    [Fact]
    public void NeverUsed_GoesBeforeAll_TheSmallestKeyFirst()
    {
        EvictionCase cache = new EvictionCase(2, 4).Use((0, 0));
        cache.Admit(1, 1);
        cache.Admit(0, 2);
        Assert.Equal([(0, 2), (1, 1), (0, 0)], cache.Order(new LruEviction()));
    }
}
