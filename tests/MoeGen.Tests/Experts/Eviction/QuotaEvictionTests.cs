using MoeGen.Experts.Eviction;

namespace MoeGen.Tests.Experts.Eviction;

public class QuotaEvictionTests
{
    // 2 layers that share 6 slots 1 to 2: quotas of 2 and 4
    private static readonly int[] s_shares = [1, 2];

    [Fact]
    public void LayerAtItsQuota_GivesUpItsOwn_TheLeastUsedOfTheSequence()
    {
        // layer 0 has 2 of 2: (0, 1) was used once, (0, 0) twice
        EvictionCase cache = new EvictionCase(2, 6).Use((0, 0), (0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (1, 3));
        Assert.Equal([(0, 1), (0, 0)], cache.Order(new QuotaEviction(cache.Grid, s_shares), incomingLayer: 0)[..2]);
    }

    [Fact]
    public void LayerBelowItsQuota_TakesFromTheOneMostOver()
    {
        // layer 1 has 2 of 4, layer 0 has 4 of 2
        EvictionCase cache = new EvictionCase(2, 6).Use((1, 0), (1, 1), (0, 0), (0, 1), (0, 2), (0, 3));
        Assert.Equal([(0, 0), (0, 1), (0, 2), (0, 3)], cache.Order(new QuotaEviction(cache.Grid, s_shares), incomingLayer: 1)[..4]);
    }

    [Fact]
    public void Shares_AreThoseOfThePlan()
    {
        EvictionCase cache = new EvictionCase(2, 6);
        Assert.Throws<ArgumentException>(() => new QuotaEviction(cache.Grid, [1]));
        Assert.Throws<ArgumentException>(() => new QuotaEviction(cache.Grid, [1, 0]));
    }
}
