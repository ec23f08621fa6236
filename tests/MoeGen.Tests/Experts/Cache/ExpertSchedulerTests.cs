using MoeGen.Experts.Cache;
using MoeGen.Experts.Eviction;

namespace MoeGen.Tests.Experts.Cache;

/// <summary>Which expert is copied when and into which slot, step by step.</summary>
public class ExpertSchedulerTests
{
    [Fact]
    public void Miss_IsCopiedAndStays()
    {
        SchedulerDriver driver = new(numSlots: 3);
        Assert.Equal([1, 2], driver.Run(0, 1, 2));
        Assert.Empty(driver.Run(0, 1, 2));
    }

    [Fact]
    public void FullCache_GivesUpWhatThePolicyNames()
    {
        SchedulerDriver driver = new(numSlots: 2);
        _ = driver.Run(0, 1);
        _ = driver.Run(0, 2);
        _ = driver.Run(0, 1);
        _ = driver.Run(1, 0);
        Assert.True(driver.IsResident(0, 1));
        Assert.False(driver.IsResident(0, 2));
        Assert.Equal(1, driver.Scheduler.Counters.Evictions);
    }

    [Fact]
    public void DemandedExpertThatIsGivenUpOnItsWay_DoesNotAppear()
    {
        SchedulerDriver driver = new(numSlots: 2);
        int key = driver.Grid.KeyOf(0, 1);
        driver.Scheduler.StartLayer(0, isNewSequence: false);
        _ = driver.Scheduler.Demand(key, CopyPriority.Demand);
        Assert.True(driver.Scheduler.TryTake(out CopyPiece first));
        Assert.True(driver.Scheduler.TryTake(out CopyPiece second));
        driver.Scheduler.Abandon();
        driver.Scheduler.GiveUpExpert(key);
        driver.Finish(first);
        driver.Finish(second);
        Assert.False(driver.IsResident(0, 1));

        // who asks again gets it
        Assert.Equal([1], driver.Run(0, 1));
    }

    [Fact]
    public void Eviction_CanBeExchanged()
    {
        SchedulerDriver driver = new(numSlots: 1, eviction: new NoEviction());
        _ = driver.Run(0, 1);
        driver.Scheduler.StartLayer(1, isNewSequence: false);
        _ = driver.Scheduler.Demand(driver.Grid.KeyOf(1, 0), CopyPriority.Demand);
        Assert.Empty(driver.CopyAll());
        driver.Scheduler.Eviction = new LruEviction();
        _ = driver.CopyAll();
        Assert.True(driver.IsResident(1, 0));
    }

    [Fact]
    public void Leased_IsNeverEvicted()
    {
        SchedulerDriver driver = new(numSlots: 1);
        _ = driver.Run(0, 1);
        driver.Scheduler.StartLayer(1, isNewSequence: false);
        Assert.True(driver.Scheduler.TryUse(driver.Grid.KeyOf(0, 1), out int slot));
        _ = driver.Scheduler.Demand(driver.Grid.KeyOf(1, 0), CopyPriority.Demand);
        Assert.False(driver.Scheduler.TryTake(out _));
        driver.Scheduler.Release(driver.Grid.KeyOf(0, 1), slot);
        Assert.Equal(2, driver.CopyAll().Count);
        Assert.True(driver.IsResident(1, 0));
    }

    [Fact]
    public void WantedByTheRunningLayer_IsNotEvictedBeforeItIsComputed()
    {
        SchedulerDriver driver = new(numSlots: 2);
        _ = driver.Run(0, 1, 2);
        driver.Scheduler.StartLayer(0, isNewSequence: false);
        driver.Scheduler.Want(driver.Grid.KeyOf(0, 1), numTokens: 1);
        driver.Scheduler.Want(driver.Grid.KeyOf(0, 2), numTokens: 1);
        _ = driver.Scheduler.Demand(driver.Grid.KeyOf(0, 3), CopyPriority.Demand);
        Assert.Empty(driver.CopyAll());
        Assert.True(driver.Scheduler.TryUse(driver.Grid.KeyOf(0, 1), out int slot));
        driver.Scheduler.Release(driver.Grid.KeyOf(0, 1), slot);
        _ = driver.CopyAll();
        Assert.True(driver.IsResident(0, 3));
        Assert.True(driver.IsResident(0, 2));
    }

    [Fact]
    public void Miss_PreemptsAPrefetchAtAPiece()
    {
        SchedulerDriver driver = new(numSlots: 4, numPieces: 3);
        driver.Scheduler.StartLayer(0, isNewSequence: false);
        Assert.True(driver.Scheduler.Prefetch(1, driver.Grid.KeyOf(1, 0), 0.9f));
        Assert.True(driver.Scheduler.TryTake(out CopyPiece first));
        _ = driver.Scheduler.Demand(driver.Grid.KeyOf(0, 3), CopyPriority.Demand);
        driver.Finish(first);
        int prefetched = driver.Grid.KeyOf(1, 0), demanded = driver.Grid.KeyOf(0, 3);
        Assert.Equal([demanded, demanded, demanded, prefetched, prefetched], driver.CopyAll());
    }

    [Fact]
    public void Miss_InFlightStillSuspendsPrefetches()
    {
        SchedulerDriver driver = new(numSlots: 4, numPieces: 1);
        driver.Scheduler.StartLayer(0, isNewSequence: false);
        _ = driver.Scheduler.Prefetch(1, driver.Grid.KeyOf(1, 0), 0.9f);
        _ = driver.Scheduler.Demand(driver.Grid.KeyOf(0, 3), CopyPriority.Demand);
        Assert.True(driver.Scheduler.TryTake(out CopyPiece demanded));
        Assert.False(driver.Scheduler.TryTake(out _));
        driver.Finish(demanded);
        Assert.True(driver.Scheduler.TryTake(out CopyPiece prefetched));
        Assert.Equal(CopyPriority.Prefetch, prefetched.Priority);
    }

    [Fact]
    public void Prefetch_ThatIsWantedWhileItArrives_IsALateHit()
    {
        SchedulerDriver driver = new(numSlots: 4);
        driver.Scheduler.StartLayer(0, isNewSequence: false);
        int key = driver.Grid.KeyOf(1, 0);
        _ = driver.Scheduler.Prefetch(1, key, 0.9f);
        _ = driver.Scheduler.TryTake(out CopyPiece piece);
        driver.Scheduler.StartLayer(1, isNewSequence: false);
        Assert.True(driver.Scheduler.Demand(key, CopyPriority.Demand));
        driver.Finish(piece);
        _ = driver.CopyAll();
        Assert.True(driver.Scheduler.TryUse(key, out _));
        Assert.Equal((1, 0), (driver.Scheduler.Counters.UsefulPrefetches, driver.Scheduler.Counters.WastedPrefetches));
    }

    [Fact]
    public void QueuedPrefetch_ThatIsWanted_IsAMiss()
    {
        SchedulerDriver driver = new(numSlots: 4);
        driver.Scheduler.StartLayer(0, isNewSequence: false);
        int key = driver.Grid.KeyOf(1, 0);
        _ = driver.Scheduler.Prefetch(1, key, 0.9f);
        driver.Scheduler.StartLayer(1, isNewSequence: false);
        Assert.False(driver.Scheduler.Demand(key, CopyPriority.Demand));
        Assert.Equal([key, key], driver.CopyAll());
    }

    [Fact]
    public void StalePrefetches_AreDropped()
    {
        SchedulerDriver driver = new(numSlots: 4);
        driver.Scheduler.StartLayer(0, isNewSequence: false);
        _ = driver.Scheduler.Prefetch(1, driver.Grid.KeyOf(1, 0), 0.9f);
        driver.Scheduler.StartLayer(1, isNewSequence: false);
        Assert.Empty(driver.CopyAll());
        Assert.False(driver.Scheduler.Prefetch(1, driver.Grid.KeyOf(1, 1), 0.9f)); // the layer has begun
        Assert.False(driver.Scheduler.Prefetch(0, driver.Grid.KeyOf(2, 1), 0.9f)); // of an older pass
        Assert.Equal(3, driver.Scheduler.Counters.StalePrefetches);
    }

    [Fact]
    public void HalfCopiedStalePrefetch_GivesItsSlotBack()
    {
        SchedulerDriver driver = new(numSlots: 1);
        driver.Scheduler.StartLayer(0, isNewSequence: false);
        _ = driver.Scheduler.Prefetch(1, driver.Grid.KeyOf(1, 0), 0.9f);
        _ = driver.Scheduler.TryTake(out CopyPiece piece);
        driver.Scheduler.StartLayer(1, isNewSequence: false);
        Assert.False(driver.Scheduler.TryTake(out _));
        driver.Finish(piece);
        Assert.Equal(1, driver.Scheduler.Counters.WastedPrefetches);
        Assert.Equal([0, 1], driver.Run(2, 0, 1));
    }

    [Fact]
    public void PausedPrefetch_GivesItsSlotToAMiss()
    {
        SchedulerDriver driver = new(numSlots: 1);
        driver.Scheduler.StartLayer(0, isNewSequence: false);
        _ = driver.Scheduler.Prefetch(1, driver.Grid.KeyOf(1, 0), 0.9f);
        _ = driver.Scheduler.TryTake(out CopyPiece piece);
        driver.Finish(piece);
        int key = driver.Grid.KeyOf(0, 1);
        _ = driver.Scheduler.Demand(key, CopyPriority.Demand);
        Assert.Equal([key, key], driver.CopyAll());
    }

    [Fact]
    public void UnusedPrefetch_GivesWayToAMissButNotToAPrefetch()
    {
        SchedulerDriver driver = new(numSlots: 1);
        driver.Scheduler.StartLayer(0, isNewSequence: false);
        _ = driver.Scheduler.Prefetch(1, driver.Grid.KeyOf(1, 0), 0.1f);
        _ = driver.CopyAll();
        _ = driver.Scheduler.Prefetch(1, driver.Grid.KeyOf(1, 1), 0.9f);
        Assert.Empty(driver.CopyAll());
        Assert.Equal([2], driver.Run(0, 2));
        Assert.Equal(1, driver.Scheduler.Counters.WastedPrefetches);
    }

    [Fact]
    public void Prefetch_ThatIsWorthLessThanAllThatIsResident_IsNotFollowed()
    {
        SchedulerDriver driver = new(numSlots: 1, eviction: new ExpertMapEviction());
        _ = driver.Run(0, 2);
        driver.Scheduler.Usage.Probability[driver.Grid.KeyOf(0, 2)] = 0.4f; // chosen once: worth 0.4 x (1 + 1) = 0.8
        int key = driver.Grid.KeyOf(1, 1);
        driver.Scheduler.Usage.Probability[key] = 0.7f; // never chosen: worth 0.7 x 1
        _ = driver.Scheduler.Prefetch(1, key, 0.7f);
        Assert.Empty(driver.CopyAll());
        Assert.Equal(1, driver.Scheduler.Counters.OutbidPrefetches);
        driver.Scheduler.Usage.Probability[key] = 0.9f;
        _ = driver.Scheduler.Prefetch(1, key, 0.9f);
        Assert.Equal([key, key], driver.CopyAll());
    }

    [Fact]
    public void BrokenRead_FreesTheSlot()
    {
        SchedulerDriver driver = new(numSlots: 1, numPieces: 1);
        driver.Scheduler.StartLayer(0, isNewSequence: false);
        _ = driver.Scheduler.Demand(driver.Grid.KeyOf(0, 0), CopyPriority.Demand);
        _ = driver.Scheduler.TryTake(out CopyPiece piece);
        driver.Finish(piece, isRead: false);
        Assert.False(driver.Scheduler.IsRequested(driver.Grid.KeyOf(0, 0)));
        Assert.Equal([1], driver.Run(0, 1));
    }

    [Fact]
    public void OnDemand_KeepsNothing()
    {
        SchedulerDriver driver = new(numSlots: 4, eviction: new OnDemandEviction());
        driver.Scheduler.StartLayer(0, isNewSequence: false);
        int key = driver.Grid.KeyOf(0, 0);
        _ = driver.Scheduler.Demand(key, CopyPriority.Demand);
        _ = driver.CopyAll();
        _ = driver.Scheduler.TryUse(key, out int slot);
        driver.Scheduler.Release(key, slot);
        driver.Scheduler.GiveUp(slot);
        Assert.False(driver.IsResident(0, 0));
    }

    [Fact]
    public void Resize_EvictsTheLeastUsefulFirst()
    {
        SchedulerDriver driver = new(numSlots: 3);
        _ = driver.Run(0, 1);
        _ = driver.Run(0, 2);
        _ = driver.Run(0, 3);
        driver.Scheduler.StartPass();
        driver.Scheduler.StartLayer(1, isNewSequence: false);
        driver.Scheduler.Resize(1);
        Assert.Equal(1, driver.Scheduler.NumSlots);
        Assert.Equal(2, driver.Retired.Count);
        Assert.True(driver.IsResident(0, 3));
        driver.Scheduler.Resize(12);
        Assert.Equal(12, driver.Scheduler.NumSlots);
    }

    [Fact]
    public void Resize_WaitsForCopies()
    {
        SchedulerDriver driver = new(numSlots: 2, numPieces: 1);
        driver.Scheduler.StartLayer(0, isNewSequence: false);
        _ = driver.Scheduler.Demand(driver.Grid.KeyOf(0, 0), CopyPriority.Demand);
        _ = driver.Scheduler.Demand(driver.Grid.KeyOf(0, 1), CopyPriority.Demand);
        _ = driver.Scheduler.TryTake(out CopyPiece first);
        _ = driver.Scheduler.TryTake(out CopyPiece second);
        driver.Scheduler.Resize(1);
        Assert.Equal(2, driver.Scheduler.NumSlots);
        driver.Finish(first);
        Assert.Equal(1, driver.Scheduler.NumSlots);
        driver.Finish(second);
        Assert.Equal(1, driver.Scheduler.NumSlots);
    }

    /// <summary>Whatever is asked in whatever order, what runs is resident, leases hold, and the slots are never more than allowed.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void RandomRequests_KeepTheInvariants(int seed)
    {
        Random random = new(seed);
        SchedulerDriver driver = new(numSlots: 3, numPieces: 3);
        Dictionary<int, int> leased = [];
        List<CopyPiece> inFlight = [];
        List<int> inCheck = []; // whole experts that are not admitted yet
        int layer = -1;
        for (int step = 0; step < 20_000; step++)
        {
            int key = random.Next(driver.Grid.Count);
            switch (random.Next(9))
            {
                case 0:
                    layer = (layer + 1) % driver.Grid.NumLayers;
                    if (layer == 0)
                    {
                        driver.Scheduler.StartPass();
                    }

                    driver.Scheduler.StartLayer(layer, isNewSequence: false);
                    break;
                case 1:
                    _ = driver.Scheduler.Prefetch(driver.Scheduler.Pass - random.Next(2), key, random.NextSingle());
                    break;
                case 2 when !driver.IsResident(driver.Grid.LayerOf(key), driver.Grid.ExpertOf(key)):
                    _ = driver.Scheduler.Demand(key, (CopyPriority)random.Next(2));
                    break;
                case 3 when leased.Count < 2 && !leased.ContainsKey(key) && driver.Scheduler.TryUse(key, out int slot):
                    leased.Add(key, slot);
                    break;
                case 4 when leased.Count > 0:
                    (int released, int of) = leased.First();
                    leased.Remove(released);
                    driver.Scheduler.Release(released, of);
                    break;
                case 5 when inFlight.Count < 3 && driver.Scheduler.TryTake(out CopyPiece piece):
                    Assert.DoesNotContain(piece.Slot, leased.Values);
                    inFlight.Add(piece);
                    break;
                case 6 when inFlight.Count > 0:
                    int index = random.Next(inFlight.Count);
                    if (driver.Scheduler.Complete(inFlight[index], isRead: random.Next(20) > 0))
                    {
                        inCheck.Add(inFlight[index].Key);
                    }

                    inFlight.RemoveAt(index);
                    break;
                case 8 when inCheck.Count > 0:
                    driver.Scheduler.Admit(inCheck[0], isSound: random.Next(20) > 0);
                    inCheck.RemoveAt(0);
                    break;
                case 7 when random.Next(50) == 0:
                    driver.Scheduler.Resize(random.Next(2, 7));
                    break;
                default:
                    break;
            }

            foreach ((int held, int slot) in leased)
            {
                Assert.True(driver.Scheduler.TryFind(held, out int found));
                Assert.Equal(slot, found);
            }
        }

        Assert.True(driver.Scheduler.Counters.Evictions > 0);
    }

    [Fact]
    public void Swap_TakesAFreeSlotAndEvictsNothing()
    {
        SchedulerDriver driver = new(numSlots: 2);
        _ = driver.Run(0, 1, 2);
        driver.Scheduler.Swap(driver.Grid.KeyOf(1, 0));
        Assert.Empty(driver.CopyAll());
        driver.Scheduler.GiveUpExpert(driver.Grid.KeyOf(0, 2));
        Assert.Equal(2, driver.CopyAll().Count);
        Assert.True(driver.IsResident(1, 0));
        Assert.True(driver.IsResident(0, 1));
        Assert.Equal(0, driver.Scheduler.Counters.Prefetches);
    }

    [Fact]
    public void Swap_ComesBehindEverythingElse()
    {
        SchedulerDriver driver = new(numSlots: 4, numPieces: 1);
        driver.Scheduler.StartLayer(0, isNewSequence: false);
        int late = driver.Grid.KeyOf(2, 3), swap = driver.Grid.KeyOf(2, 1), prefetch = driver.Grid.KeyOf(1, 0), demand = driver.Grid.KeyOf(0, 0);
        driver.Scheduler.Swap(late);
        driver.Scheduler.Swap(swap);
        Assert.True(driver.Scheduler.Prefetch(driver.Scheduler.Pass, prefetch, 0.1f));
        _ = driver.Scheduler.Demand(demand, CopyPriority.Demand);
        Assert.True(driver.Scheduler.TryTake(out CopyPiece first));
        driver.Finish(first);
        Assert.Equal(demand, first.Key);
        Assert.Equal([prefetch, late, swap], driver.CopyAll());
    }

    [Fact]
    public void SwapThatIsGivenUp_LeavesItsSlotFree()
    {
        SchedulerDriver driver = new(numSlots: 1);
        int key = driver.Grid.KeyOf(1, 0);
        driver.Scheduler.Swap(key);
        Assert.True(driver.Scheduler.TryTake(out CopyPiece first));
        Assert.True(driver.Scheduler.TryTake(out CopyPiece second));
        driver.Scheduler.GiveUpExpert(key);
        driver.Finish(first);
        driver.Finish(second);
        Assert.False(driver.Scheduler.IsRequested(key));
        Assert.False(driver.IsResident(1, 0));

        // and it can be asked for again, even before its readers are back
        driver.Scheduler.Swap(key);
        Assert.True(driver.Scheduler.TryTake(out first));
        driver.Scheduler.GiveUpExpert(key);
        driver.Scheduler.Swap(key);
        driver.Finish(first);
        _ = driver.CopyAll();
        Assert.True(driver.IsResident(1, 0));
    }

    [Fact]
    public void InterruptedPass_LeavesSwapsAlone()
    {
        SchedulerDriver driver = new(numSlots: 1);
        driver.Scheduler.Swap(driver.Grid.KeyOf(1, 0));
        driver.Scheduler.Abandon();
        _ = driver.CopyAll();
        Assert.True(driver.IsResident(1, 0));
    }

    [Fact]
    public void WhatIsWorthInfinity_IsNeverEvicted()
    {
        SchedulerDriver driver = new(numSlots: 2, eviction: new NoEviction());
        driver.Scheduler.Admit([0, 5]);
        _ = driver.Scheduler.Demand(driver.Grid.KeyOf(2, 0), CopyPriority.Demand);
        Assert.Empty(driver.CopyAll());
        driver.Scheduler.Resize(1);
        Assert.Empty(driver.Retired);
        driver.Scheduler.GiveUpExpert(5);
        Assert.Single(driver.Retired);
        Assert.True(driver.IsResident(0, 0));
    }
}
