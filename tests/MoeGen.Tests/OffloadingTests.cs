using MoeGen.Experts;
using MoeGen.Experts.Eviction;
using MoeGen.Experts.Prefetch;
using MoeGen.Experts.Prefetch.ExpertMaps;
using MoeGen.Experts.Selection.VirtualExperts;

namespace MoeGen.Tests;

public class OffloadingTests
{
    private static readonly PrefetchSetup s_setup = new(new ExpertGrid(4, 8, 2), 16, "");

    [Theory]
    [InlineData("finemoe", typeof(ExpertMapEviction), typeof(ExpertMapPrefetch))]
    [InlineData("lru", typeof(LruEviction), null)]
    [InlineData("lru-layer", typeof(LruPerLayerEviction), null)]
    [InlineData("lfu", typeof(LfuEviction), null)]
    [InlineData("lfu-sequence", typeof(LfuEviction), null)]
    [InlineData("resident", typeof(LruEviction), null)]
    [InlineData("least-stale", typeof(LeastStaleEviction), null)]
    [InlineData("next-router", typeof(LruPerLayerEviction), typeof(NextRouterPrefetch))]
    [InlineData("moe-infinity", typeof(MoeInfinityEviction), typeof(MoeInfinityPrefetch))]
    [InlineData("on-demand", typeof(OnDemandEviction), null)]
    public void Presets_AreFoundByName(string name, Type eviction, Type? prefetch)
    {
        Assert.True(Offloading.TryParse(name, out Offloading? offloading));
        Assert.Equal(name, offloading.Name);
        Assert.True(offloading.IsExact);
        Assert.Contains(name, Offloading.ExactNames);
        Assert.IsType(eviction, offloading.CreateEviction(s_setup.Grid));
        using IPrefetch? created = offloading.CreatePrefetch(s_setup);
        Assert.Equal(prefetch, created?.GetType());
        Assert.Equal(prefetch is null || prefetch == typeof(NextRouterPrefetch), offloading.PrefetchSizeInBytes(s_setup) == 0);
    }

    [Fact]
    public void OtherNames_AreNotFound()
    {
        Assert.Equal(10, Offloading.ExactNames.Count);
        Assert.Equal([.. Offloading.ExactNames, .. Offloading.LossyNames], Offloading.Names);
        Assert.False(Offloading.TryParse("FineMoE", out Offloading? offloading));
        Assert.Null(offloading);
    }

    [Fact]
    public void LossyPresets_SaySo()
    {
        foreach (string name in Offloading.LossyNames)
        {
            Assert.True(Offloading.TryParse(name, out Offloading? offloading));
            Assert.False(offloading.IsExact);
            Assert.Equal(name, offloading.Name);
        }
    }

    [Fact]
    public void OptionsThatMakeNoSense_AreRefusedAtOnce()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Offloading.FineMoE(new ExpertMapOptions { Capacity = 0 }));
        SwapOptions[] refused =
        [
            new() { UpdateInterval = -1 }, new() { Decay = 1 }, new() { Decay = double.NaN }, new() { Hysteresis = -0.1 },
            new() { BandwidthShare = 0 }, new() { BandwidthShare = 1.1 }, new() { SpareSlots = 0 },
        ];
        Assert.All(refused, options => Assert.Throws<ArgumentOutOfRangeException>(() => Offloading.SwapMoE(options)));
    }
}
