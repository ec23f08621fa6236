namespace MoeGen.Experts;

/// <summary>Numbers all experts of a model through: by layer, those of an encoder first, then by expert.</summary>
internal sealed class ExpertIndex
{
    private readonly IReadOnlyList<int> _sparseLayers;
    private readonly int[] _firsts; // [layers] number of expert 0; -1 for a dense layer

    /// <summary>Makes the index.</summary>
    /// <param name="info">The model.</param>
    public ExpertIndex(ModelInfo info)
    {
        NumExperts = info.NumExperts;
        _sparseLayers = info.SparseLayers;
        Count = checked(info.NumExperts * info.SparseLayers.Count);
        _firsts = new int[info.NumLayers];
        Array.Fill(_firsts, -1);
        for (int i = 0; i < info.SparseLayers.Count; i++)
        {
            _firsts[info.SparseLayers[i]] = i * info.NumExperts;
        }
    }

    /// <summary>All experts.</summary>
    public int Count { get; }

    /// <summary>Experts of a sparse layer.</summary>
    public int NumExperts { get; }

    /// <summary>The number of an expert.</summary>
    /// <param name="layer">0-based sparse layer of the model.</param>
    /// <param name="expert">0-based expert of the layer.</param>
    public int Of(int layer, int expert) => _firsts[layer] + expert;

    /// <summary>The expert of a number.</summary>
    /// <param name="index">0-based number.</param>
    public (int Layer, int Expert) At(int index) => (_sparseLayers[index / NumExperts], index % NumExperts);
}
