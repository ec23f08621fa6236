using MoeGen.Experts.Cache;

namespace MoeGen.Tests.Experts.Cache;

/// <summary>What the scheduler reads, and what serves, where experts have twins.</summary>
public sealed class TwinSchedulingTests
{
    private readonly SchedulerDriver _driver = new(numSlots: 4, numPieces: 3, numTwinPieces: 1);
    private readonly int _key;

    public TwinSchedulingTests()
    {
        _key = _driver.Grid.KeyOf(0, 1);
        _driver.Scheduler.StartLayer(0, isNewSequence: false);
        _driver.Scheduler.Want(_key, numTokens: 1);
    }

    private ExpertScheduler Scheduler => _driver.Scheduler;

    [Fact]
    public void Twin_ServesWhoTakesIt_AndIsAMissForOthers()
    {
        Assert.False(Scheduler.Demand(_key, CopyPriority.Demand, takesTwin: true));
        Assert.True(Scheduler.TryTake(out CopyPiece piece));
        Assert.True(piece.IsTwin);
        Assert.False(Scheduler.TryTake(out _));
        _driver.Finish(piece);
        Assert.False(Scheduler.TryUse(_key, out _));
        AssertServes(isTwin: true, takesTwin: true);

        // the expert takes the place of its twin
        Assert.False(Scheduler.Demand(_key, CopyPriority.Demand));
        Assert.False(Scheduler.TryUse(_key, out _, takesTwin: true));
        Assert.Equal([_key, _key, _key], _driver.CopyAll());
        AssertServes(isTwin: false, takesTwin: false);
        AssertServes(isTwin: false, takesTwin: true);
        Assert.Equal(1, Scheduler.Counters.TwinReads);
    }

    [Fact]
    public void ExpertOnItsWay_IsNotReadTwice()
    {
        // begun as a prefetch: it comes whole
        int later = _driver.Grid.KeyOf(1, 2);
        Assert.True(Scheduler.Prefetch(1, later, 0.5f));
        Assert.True(Scheduler.TryTake(out CopyPiece first));
        Assert.False(first.IsTwin);
        Assert.True(Scheduler.Demand(later, CopyPriority.Demand, takesTwin: true));
        _driver.Finish(first);
        Assert.Equal([later, later], _driver.CopyAll());
        Assert.True(Scheduler.TryUse(later, out int slot));
        Assert.False(Scheduler.HoldsTwin(slot));

        // asked for, but not begun: its twin is read instead
        int other = _driver.Grid.KeyOf(2, 2);
        Assert.True(Scheduler.Prefetch(1, other, 0.5f));
        Assert.False(Scheduler.Demand(other, CopyPriority.Demand, takesTwin: true));
        Assert.Equal([other], _driver.CopyAll());
        Assert.False(Scheduler.TryUse(other, out _));
    }

    [Fact]
    public void TwinOnItsWay_ThatWillNotDoAnyMore_IsFollowedByItsExpert()
    {
        // the pass that wanted the twin was interrupted
        _ = Scheduler.Demand(_key, CopyPriority.Demand, takesTwin: true);
        Assert.True(Scheduler.TryTake(out CopyPiece twin));
        Scheduler.EndLayer();
        Scheduler.Abandon();
        LayerRun run = new(_driver.Grid, Scheduler);
        run.Start(0, isNewSequence: false);
        run.Add(1, numTokens: 1, takesTwin: false);
        run.RequestMissing();
        Assert.False(Scheduler.TryTake(out _));
        _driver.Finish(twin);
        Assert.False(run.CollectArrived());
        Assert.True(run.RequestDropped());
        Assert.Equal([_key, _key, _key], _driver.CopyAll());
        Assert.True(run.CollectArrived());
        Assert.False(run.IsTwin(0));
    }

    [Fact]
    public void TwinThatCannotBeRead_IsNotAskedForAgain()
    {
        _ = Scheduler.Demand(_key, CopyPriority.Demand, takesTwin: true);
        Assert.True(Scheduler.TryTake(out CopyPiece twin));
        _driver.Finish(twin, isRead: false);
        Assert.False(Scheduler.IsRequested(_key));
        Assert.Equal((0, 1), (Scheduler.Counters.TwinReads, Scheduler.Counters.FailedTwins));
        _ = Scheduler.Demand(_key, CopyPriority.Demand, takesTwin: true);
        Assert.Equal([_key, _key, _key], _driver.CopyAll());
        AssertServes(isTwin: false, takesTwin: true);
    }

    [Fact]
    public void ExpertThatHasJustArrived_IsNotReadAgain()
    {
        // between asking whether it is there and asking for it, its readers were back
        _ = _driver.Run(0, 1);
        Assert.True(Scheduler.Demand(_key, CopyPriority.Demand));
        Assert.False(Scheduler.IsRequested(_key));
        Assert.True(_driver.IsResident(0, 1));
    }

    [Fact]
    public void WithoutTwins_NoneIsRead()
    {
        SchedulerDriver driver = new(numSlots: 4, numPieces: 2);
        driver.Scheduler.StartLayer(0, isNewSequence: false);
        _ = driver.Scheduler.Demand(3, CopyPriority.Demand, takesTwin: true);
        Assert.Equal([3, 3], driver.CopyAll());
    }

    private void AssertServes(bool isTwin, bool takesTwin)
    {
        Assert.True(Scheduler.TryUse(_key, out int slot, takesTwin));
        Assert.Equal(isTwin, Scheduler.HoldsTwin(slot));
        Scheduler.Release(_key, slot);
    }
}
