namespace MoeGen.Experts;

/// <summary>
/// The routed experts of a model as a grid of sparse layers and experts. Layers are counted among the sparse ones, in the order in which
/// a pass walks them, those of an encoder first; an expert's key is its place in the grid, row by row.
/// </summary>
/// <param name="NumLayers">Sparse layers.</param>
/// <param name="NumExperts">Routed experts of a layer.</param>
/// <param name="TopK">Experts chosen per token.</param>
public sealed record ExpertGrid(int NumLayers, int NumExperts, int TopK)
{
    /// <summary>All experts.</summary>
    public int Count => NumLayers * NumExperts;

    /// <summary>The key of an expert.</summary>
    /// <param name="layer">0-based among the sparse layers.</param>
    /// <param name="expert">0-based expert of the layer.</param>
    public int KeyOf(int layer, int expert) => (layer * NumExperts) + expert;

    /// <summary>The layer of a key, 0-based among the sparse ones.</summary>
    /// <param name="key">A key of the grid.</param>
    public int LayerOf(int key) => key / NumExperts;

    /// <summary>The expert of a key, 0-based in its layer.</summary>
    /// <param name="key">A key of the grid.</param>
    public int ExpertOf(int key) => key % NumExperts;
}
