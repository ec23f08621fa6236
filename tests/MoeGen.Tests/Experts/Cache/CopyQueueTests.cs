using MoeGen.Experts;
using MoeGen.Experts.Cache;

namespace MoeGen.Tests.Experts.Cache;

/// <summary>The order of copies.</summary>
public class CopyQueueTests
{
    private readonly CopyQueue _queue = new(new ExpertGrid(NumLayers: 4, NumExperts: 4, TopK: 2));

    [Fact]
    public void Priorities_GoDemandLookAheadPrefetchSwap()
    {
        _queue.Add(0, new CopyRequest { Priority = CopyPriority.Swap });
        _queue.Add(1, new CopyRequest { Priority = CopyPriority.Prefetch, Probability = 1 });
        _queue.Add(2, new CopyRequest { Priority = CopyPriority.LookAhead, Order = 1 });
        _queue.Add(3, new CopyRequest { Priority = CopyPriority.Demand, Order = 2 });
        Assert.Equal([3, 2, 1, 0], InOrder(layer: -1));
        Assert.Equal(2, _queue.NumUrgent);
    }

    [Fact]
    public void Urgent_FirstComeFirstServed()
    {
        _queue.Add(3, new CopyRequest { Priority = CopyPriority.Demand, Order = 1 });
        _queue.Add(1, new CopyRequest { Priority = CopyPriority.Demand, Order = 2 });
        Assert.Equal([3, 1], InOrder(layer: 0));
    }

    [Fact]
    public void Prefetches_GoByProbabilityOverDistance()
    {
        // from layer 0: expert 4 is in layer 1, 0.3 / 1 = 0.3; expert 8 in layer 2, 0.8 / 2 = 0.4; expert 12 in layer 3, 0.6 / 3 = 0.2
        _queue.Add(4, new CopyRequest { Priority = CopyPriority.Prefetch, Probability = 0.3f });
        _queue.Add(8, new CopyRequest { Priority = CopyPriority.Prefetch, Probability = 0.8f });
        _queue.Add(12, new CopyRequest { Priority = CopyPriority.Prefetch, Probability = 0.6f });
        Assert.Equal([8, 4, 12], InOrder(layer: 0));

        // from layer 1: 0.8 / 1 and 0.6 / 2; what is passed has gone by then
        _queue.Remove(4);
        Assert.Equal([8, 12], InOrder(layer: 1));
    }

    [Fact]
    public void EqualPrefetches_GoByNumber()
    {
        _queue.Add(6, new CopyRequest { Priority = CopyPriority.Prefetch, Probability = 0.5f });
        _queue.Add(5, new CopyRequest { Priority = CopyPriority.Prefetch, Probability = 0.5f });
        Assert.Equal([5, 6], InOrder(layer: 0));
    }

    [Fact]
    public void Counts_FollowPriorities()
    {
        _queue.Add(6, new CopyRequest { Priority = CopyPriority.Prefetch });
        Assert.Equal(0, _queue.NumUrgent);
        _queue.SetPriority(6, CopyPriority.Demand);
        Assert.Equal(1, _queue.NumUrgent);
        _queue.Remove(6);
        Assert.Equal((0, 0), (_queue.NumUrgent, _queue.Count));
        Assert.False(_queue.Contains(6));
    }

    private List<int> InOrder(int layer)
    {
        List<int> left = [.. _queue.Keys];
        List<int> order = [];
        while (left.Count > 0)
        {
            int best = -1;
            foreach (int key in left)
            {
                best = _queue.GoesBefore(key, best, layer) ? key : best;
            }

            order.Add(best);
            left.Remove(best);
        }

        return order;
    }
}
