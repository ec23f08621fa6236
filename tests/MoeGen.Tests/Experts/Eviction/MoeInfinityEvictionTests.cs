using MoeGen.Experts.Eviction;

namespace MoeGen.Tests.Experts.Eviction;

public class MoeInfinityEvictionTests
{
    [Fact]
    public void Worth_IsUsesTimesWhatIsLeftOfTheLayers()
    {
        // 4 layers: (0, 0) chosen once: 2 x 5/5 = 2; (2, 0) twice: 3 x 3/5 = 1.8; (3, 0) four times: 5 x 2/5 = 2; (1, 0) never: 1 x 4/5
        EvictionCase cache = new EvictionCase(4, 4).Use((0, 0), (2, 0), (2, 0), (3, 0), (3, 0), (3, 0), (3, 0));
        cache.Admit(1, 0);
        Assert.Equal([(1, 0), (2, 0), (0, 0), (3, 0)], cache.Order(new MoeInfinityEviction(cache.Grid)));
    }

    [Fact]
    public void NothingUsed_LaterLayersGoFirst()
    {
        EvictionCase cache = new(3, 4);
        cache.Admit(0, 1);
        cache.Admit(2, 1);
        cache.Admit(1, 1);
        Assert.Equal([(2, 1), (1, 1), (0, 1)], cache.Order(new MoeInfinityEviction(cache.Grid)));
    }
}
