using MoeGen.Experts.Cache;

namespace MoeGen.Tests.Experts.Cache;

/// <summary>Prefetching that does not pay is switched off, and on again when it does.</summary>
public class PrefetchThrottleTests
{
    private readonly PrefetchThrottle _throttle = new();

    [Fact]
    public void UsefulPrefetches_AreAdmitted()
    {
        for (int i = 0; i < 1000; i++)
        {
            Assert.True(_throttle.Admits());
            _throttle.OnUseful();
        }
    }

    [Fact]
    public void WastedPrefetches_LeaveAProbe()
    {
        for (int i = 0; i < 200; i++)
        {
            _throttle.OnWasted();
        }

        Assert.Equal(10, Enumerable.Range(0, 160).Count(_ => _throttle.Admits()));
    }

    [Fact]
    public void UsefulProbes_SwitchItOnAgain()
    {
        for (int i = 0; i < 200; i++)
        {
            _throttle.OnWasted();
        }

        for (int i = 0; i < 100; i++)
        {
            _throttle.OnUseful();
        }

        Assert.True(_throttle.Admits());
        Assert.True(_throttle.Admits());
    }
}
