using MoeGen.Experts.Eviction;

namespace MoeGen.Tests.Experts.Eviction;

public class LruPerLayerEvictionTests
{
    // 2 layers, 6 slots: a quota of 3
    private static readonly (int Layer, int Expert)[] s_uses = [(1, 0), (0, 0), (0, 1), (0, 2), (1, 1), (0, 3)];

    [Fact]
    public void LayerAtItsQuota_GivesUpItsOwn()
    {
        // layer 0 has 4 of 3: its own in the order of use, then those of layer 1
        EvictionCase cache = new EvictionCase(2, 4).Use(s_uses);
        Assert.Equal([(0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1)], cache.Order(new LruPerLayerEviction(cache.Grid), incomingLayer: 0));
    }

    [Fact]
    public void LayerBelowItsQuota_TakesFromTheOneMostOver()
    {
        // layer 1 has 2 of 3, layer 0 is over its quota although (1, 0) was used before
        EvictionCase cache = new EvictionCase(2, 4).Use(s_uses);
        Assert.Equal([(0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1)], cache.Order(new LruPerLayerEviction(cache.Grid), incomingLayer: 1));
    }

    [Fact]
    public void ThreeLayers_TheFullestGivesFirst()
    {
        // 3 layers, 6 slots, quota 2: layers have 1, 2 and 3
        EvictionCase cache = new EvictionCase(3, 4).Use((2, 3), (1, 0), (2, 0), (1, 1), (2, 1), (0, 0));
        LruPerLayerEviction eviction = new(cache.Grid);
        Assert.Equal((2, 3), cache.Order(eviction, incomingLayer: 0)[0]);
        Assert.Equal((1, 0), cache.Order(eviction, incomingLayer: 1)[0]);
        Assert.Equal((2, 3), cache.Order(eviction, incomingLayer: 2)[0]);
    }

    [Fact]
    public void FewerSlotsThanLayers_QuotaIsOne()
    {
        EvictionCase cache = new EvictionCase(4, 2).Use((3, 0), (1, 0));
        LruPerLayerEviction eviction = new(cache.Grid);
        Assert.Equal((3, 0), cache.Order(eviction, incomingLayer: 0)[0]);
        Assert.Equal((1, 0), cache.Order(eviction, incomingLayer: 1)[0]);
    }
}
