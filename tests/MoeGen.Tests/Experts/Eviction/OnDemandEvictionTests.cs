using MoeGen.Experts.Eviction;

namespace MoeGen.Tests.Experts.Eviction;

public class OnDemandEvictionTests
{
    [Fact]
    public void Used_IsNotKept()
    {
        Assert.False(new OnDemandEviction().KeepsUsedExperts);
        Assert.True(((IEviction)new LruEviction()).KeepsUsedExperts);
    }
}
