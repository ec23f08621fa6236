using MoeGen.Experts.Cache;

namespace MoeGen.Tests.Experts.Cache;

public class PrefetchOutcomesTests
{
    private const long Pass = 7;

    private static readonly CopyRequest s_prefetched = new() { IsPrefetched = true, Priority = CopyPriority.Prefetch, Pass = Pass };

    private readonly SchedulerCounters _counters = new();
    private readonly PrefetchOutcomes _outcomes;

    public PrefetchOutcomesTests() => _outcomes = new PrefetchOutcomes(numKeys: 2, _counters);

    [Fact]
    public void CopyThatIsUsed_IsUsefulOnce()
    {
        _outcomes.OnAdmitted(1, s_prefetched);
        Assert.True(_outcomes.IsUnused(1, Pass));
        Assert.False(_outcomes.IsUnused(1, Pass + 1));
        Assert.False(_outcomes.IsUnused(0, Pass));
        _outcomes.OnUsed(1);
        Assert.False(_outcomes.IsUnused(1, Pass));
        _outcomes.OnUsed(1);
        _outcomes.OnEvicted(1);
        Assert.Equal((1, 0), (_counters.UsefulPrefetches, _counters.WastedPrefetches));
    }

    [Fact]
    public void CopyThatALayerWaitedFor_IsUsefulAtOnce()
    {
        _outcomes.OnAdmitted(1, s_prefetched with { Priority = CopyPriority.Demand });
        Assert.False(_outcomes.IsUnused(1, Pass));
        _outcomes.OnEvicted(1);
        Assert.Equal((1, 0), (_counters.UsefulPrefetches, _counters.WastedPrefetches));
    }

    [Fact]
    public void CopyThatIsEvictedOrDropped_IsWastedOnce()
    {
        _outcomes.OnAdmitted(1, s_prefetched);
        _outcomes.OnEvicted(1);
        _outcomes.OnEvicted(1);
        _outcomes.OnDropped(s_prefetched);
        Assert.Equal((0, 2), (_counters.UsefulPrefetches, _counters.WastedPrefetches));
    }

    [Fact]
    public void OtherCopies_DoNotCount()
    {
        CopyRequest demanded = new() { Priority = CopyPriority.Demand };
        _outcomes.OnAdmitted(1, demanded);
        _outcomes.OnUsed(1);
        _outcomes.OnEvicted(1);
        _outcomes.OnDropped(demanded);
        Assert.Equal((0, 0), (_counters.UsefulPrefetches, _counters.WastedPrefetches));
    }

    [Fact]
    public void WastedCopies_HoldNewOnesBack()
    {
        Assert.True(_outcomes.Admits());
        for (int i = 0; i < 200; i++)
        {
            _outcomes.OnDropped(s_prefetched);
        }

        int admitted = Enumerable.Range(0, 160).Count(_ => _outcomes.Admits());
        Assert.InRange(admitted, 1, 20);
        Assert.Equal(160 - admitted, _counters.ThrottledPrefetches);
    }
}
