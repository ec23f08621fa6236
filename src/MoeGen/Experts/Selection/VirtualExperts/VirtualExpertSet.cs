namespace MoeGen.Experts.Selection.VirtualExperts;

/// <summary>Which experts are Virtual Experts: those of a layer that compete.</summary>
/// <param name="grid">The experts.</param>
internal sealed class VirtualExpertSet(ExpertGrid grid)
{
    private readonly bool[] _contains = new bool[grid.Count]; // [keys]
    private readonly int[] _counts = new int[grid.NumLayers]; // [layers]

    /// <summary>Virtual Experts of all layers.</summary>
    public int Count { get; private set; }

    /// <summary>Whether an expert is one of them.</summary>
    public bool Contains(int key) => _contains[key];

    /// <summary>Virtual Experts of a layer.</summary>
    public int CountOf(int layer) => _counts[layer];

    /// <summary>Which experts of a layer are among them, [experts].</summary>
    public ReadOnlySpan<bool> Of(int layer) => _contains.AsSpan(grid.KeyOf(layer, 0), grid.NumExperts);

    /// <summary>An expert that is none of them becomes one.</summary>
    public void Add(int key)
    {
        _contains[key] = true;
        _counts[grid.LayerOf(key)]++;
        Count++;
    }

    /// <summary>One of them is so no longer.</summary>
    public void Remove(int key)
    {
        _contains[key] = false;
        _counts[grid.LayerOf(key)]--;
        Count--;
    }

    /// <summary>There are none.</summary>
    public void Clear()
    {
        Array.Clear(_contains);
        Array.Clear(_counts);
        Count = 0;
    }
}
