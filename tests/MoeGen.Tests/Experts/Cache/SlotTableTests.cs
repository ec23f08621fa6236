using MoeGen.Experts;
using MoeGen.Experts.Cache;

namespace MoeGen.Tests.Experts.Cache;

/// <summary>Who may have a slot: leases, evictions, retirement.</summary>
public class SlotTableTests
{
    private readonly ExpertGrid _grid = new(NumLayers: 2, NumExperts: 4, TopK: 2);

    [Fact]
    public void Assign_MakesAnExpertArriveButNotReady()
    {
        SlotTable table = new(_grid, numSlots: 2, maxSlots: 3);
        Assert.True(table.TryAssign(5, out int slot));
        Assert.Equal(5, table.KeyOf(slot));
        Assert.False(table.TryLease(5, out _));
        Assert.Equal([0, 1], table.ResidentOfLayer.ToArray());
        table.Publish(slot);
        Assert.True(table.TryLease(5, out int leased));
        Assert.Equal(slot, leased);
    }

    [Fact]
    public void Free_RefusesALeasedExpert()
    {
        SlotTable table = new(_grid, numSlots: 1, maxSlots: 1);
        _ = table.TryAssign(0, out int slot);
        table.Publish(slot);
        _ = table.TryLease(0, out _);
        _ = table.TryLease(0, out _);
        Assert.False(table.TryFree(slot));
        table.Release(slot);
        Assert.False(table.TryFree(slot));
        table.Release(slot);
        Assert.True(table.TryFree(slot));
        Assert.False(table.TryFind(0, out _));
        Assert.Equal(1, table.NumFree);
    }

    [Fact]
    public void Assign_FailsWithoutAFreeSlot()
    {
        SlotTable table = new(_grid, numSlots: 1, maxSlots: 4);
        Assert.True(table.TryAssign(0, out _));
        Assert.False(table.TryAssign(1, out _));
    }

    [Fact]
    public void RetiredSlots_ComeBack()
    {
        SlotTable table = new(_grid, numSlots: 3, maxSlots: 4);
        Assert.True(table.TryRetire(out int retired));
        Assert.Equal(2, retired);
        Assert.Equal(2, table.NumSlots);
        Assert.True(table.TryReturn());
        Assert.True(table.TryReturn());
        Assert.False(table.TryReturn());
        Assert.Equal((4, 4), (table.NumSlots, table.NumFree));
    }

    [Fact]
    public void Retire_TakesFreeSlotsAlone()
    {
        SlotTable table = new(_grid, numSlots: 1, maxSlots: 1);
        _ = table.TryAssign(0, out _);
        Assert.False(table.TryRetire(out _));
    }

    /// <summary>One thread evicts and reassigns, others lease: whoever holds a lease sees the expert that he asked for until he releases it.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void LeasesAndEvictions_NeverMix(int seed)
    {
        SlotTable table = new(_grid, numSlots: 3, maxSlots: 3);
        using CancellationTokenSource stop = new(TimeSpan.FromMilliseconds(300));
        long faults = 0, leases = 0;
        Thread[] lessees = [.. Enumerable.Range(0, 2).Select(i => new Thread(() =>
        {
            Random random = new((seed * 10) + i);
            while (!stop.IsCancellationRequested)
            {
                int key = random.Next(_grid.Count);
                if (table.TryLease(key, out int slot))
                {
                    leases++;
                    for (int look = 0; look < 20; look++)
                    {
                        faults += table.KeyOf(slot) == key ? 0 : 1;
                    }

                    table.Release(slot);
                }
            }
        }))];
        Array.ForEach(lessees, thread => thread.Start());
        Random evictions = new(seed);
        while (!stop.IsCancellationRequested)
        {
            int key = evictions.Next(_grid.Count);
            if (!table.TryFind(key, out _) && table.TryAssign(key, out int slot))
            {
                table.Publish(slot);
            }

            _ = table.KeyOf(evictions.Next(3)) is var victim and >= 0 && table.TryFind(victim, out int old) && table.TryFree(old);
        }

        Array.ForEach(lessees, thread => thread.Join());
        Assert.Equal(0, faults);
        Assert.True(leases > 0);
    }
}
