using MoeGen.Experts;
using MoeGen.Experts.Eviction;

namespace MoeGen.Tests.Experts.Eviction;

/// <summary>Resident experts of a small model, and who of them goes first.</summary>
internal sealed class EvictionCase
{
    private readonly ExpertGrid _grid;
    private readonly SortedSet<int> _resident = [];

    public EvictionCase(int numLayers, int numExperts)
    {
        _grid = new ExpertGrid(numLayers, numExperts, 1);
        Usage = new ExpertUsage(_grid);
    }

    public ExpertGrid Grid => _grid;

    public ExpertUsage Usage { get; }

    public long Pass { get; set; } = 1;

    public int Layer { get; set; } = -1;

    public int? NumSlots { get; set; }

    /// <summary>Uses experts in this order, each as (layer, expert); they become resident.</summary>
    public EvictionCase Use(params (int Layer, int Expert)[] experts)
    {
        foreach ((int layer, int expert) in experts)
        {
            int key = Admit(layer, expert);
            Usage.OnChosen(key, 1);
            Usage.OnUsed(key, Pass);
        }

        return this;
    }

    /// <summary>Makes an expert resident that nobody has used.</summary>
    public int Admit(int layer, int expert)
    {
        int key = _grid.KeyOf(layer, expert);
        _resident.Add(key);
        return key;
    }

    /// <summary>All resident experts, the one that goes first first.</summary>
    public (int Layer, int Expert)[] Order(IEviction eviction, int incomingLayer = 0)
    {
        int[] resident = [.. Enumerable.Range(0, _grid.NumLayers).Select(layer => _resident.Count(key => _grid.LayerOf(key) == layer))];
        int incoming = _grid.KeyOf(incomingLayer, _grid.NumExperts - 1);
        IEnumerable<int> order = _resident.OrderBy(key => ValueOf(eviction, key, incoming, resident));
        return [.. order.Select(key => (_grid.LayerOf(key), _grid.ExpertOf(key)))];
    }

    private double ValueOf(IEviction eviction, int key, int incoming, int[] resident) =>
        eviction.KeepValue(key, Usage, new EvictionMoment(Pass, Layer, incoming, resident, NumSlots ?? _resident.Count));
}
