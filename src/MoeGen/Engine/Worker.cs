namespace MoeGen.Engine;

/// <summary>
/// One of the threads that run a forward pass together. Every worker runs the same code on its share of the work, and
/// <see cref="Sync"/> is where they wait for each other's results.
/// </summary>
public readonly struct Worker
{
    private readonly WorkerTeam _team;

    internal Worker(WorkerTeam team, int index)
    {
        _team = team;
        Index = index;
    }

    /// <summary>0-based; worker 0 is the thread that asked for the pass.</summary>
    public int Index { get; }

    /// <summary>Workers of the team.</summary>
    public int Count => _team.Count;

    /// <summary>Waits until every worker has come here. Allocates nothing.</summary>
    public void Sync() => _team.Sync();

    /// <summary>This worker's part of some units. The same arguments give every worker the same split each time.</summary>
    /// <param name="numUnits">Units of work.</param>
    /// <param name="granularity">Every part but the last begins and ends at a multiple of it.</param>
    public Share Share(int numUnits, int granularity = 1) => Engine.Share.Of(numUnits, Index, Count, granularity);
}
