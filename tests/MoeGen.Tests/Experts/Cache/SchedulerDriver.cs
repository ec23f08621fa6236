using MoeGen.Experts;
using MoeGen.Experts.Cache;
using MoeGen.Experts.Eviction;

namespace MoeGen.Tests.Experts.Cache;

/// <summary>A scheduler with one expert per piece count, copied by hand: the fake clock of its tests.</summary>
internal sealed class SchedulerDriver
{
    public SchedulerDriver(
        int numSlots, int numPieces = 2, IEviction? eviction = null, int numLayers = 3, int numExperts = 4, int numTwinPieces = 0)
    {
        Grid = new ExpertGrid(numLayers, numExperts, TopK: 2);
        Scheduler = new ExpertScheduler(Grid, numSlots, Grid.Count, numPieces, eviction ?? new LruEviction(), Retired.Add, numTwinPieces);
        Scheduler.StartPass();
    }

    public ExpertGrid Grid { get; }

    public ExpertScheduler Scheduler { get; }

    public List<int> Retired { get; } = [];

    /// <summary>Reads pieces until there is nothing to read.</summary>
    public List<int> CopyAll()
    {
        List<int> keys = [];
        while (Scheduler.TryTake(out CopyPiece piece))
        {
            keys.Add(piece.Key);
            Finish(piece);
        }

        return keys;
    }

    public void Finish(in CopyPiece piece, bool isRead = true)
    {
        if (Scheduler.Complete(piece, isRead))
        {
            Scheduler.Admit(piece.Key, isSound: true);
        }
    }

    /// <summary>Starts a layer that wants experts, and computes them all: what is missing is demanded and copied first.</summary>
    /// <returns>Experts that were not there.</returns>
    public List<int> Run(int layer, params int[] experts)
    {
        Scheduler.StartLayer(layer, isNewSequence: false);
        List<int> missing = [];
        foreach (int expert in experts)
        {
            int key = Grid.KeyOf(layer, expert);
            Scheduler.Want(key, numTokens: 1);
            if (Scheduler.TryUse(key, out int slot))
            {
                Scheduler.Release(key, slot);
            }
            else
            {
                missing.Add(expert);
                _ = Scheduler.Demand(key, CopyPriority.Demand);
            }
        }

        foreach (int expert in missing)
        {
            int key = Grid.KeyOf(layer, expert);
            CopyAll();
            Assert.True(Scheduler.TryUse(key, out int slot));
            Scheduler.Release(key, slot);
        }

        return missing;
    }

    public bool IsResident(int layer, int expert) => Scheduler.TryFind(Grid.KeyOf(layer, expert), out _);
}
