namespace MoeGen.Weights.Dense;

/// <summary>
/// Where the tensors outside the experts lie in their block of memory: one behind the other, in the order of the declarations and, for one
/// declaration, of the layers.
/// </summary>
internal sealed class DenseLayout
{
    private readonly List<DenseTensor> _tensors = [];
    private readonly Dictionary<string, DenseTensor> _byName = new(StringComparer.Ordinal);

    /// <summary>The tensors, in the order of the block.</summary>
    public IReadOnlyList<DenseTensor> Tensors => _tensors;

    /// <summary>Bytes of the block.</summary>
    public long SizeInBytes { get; private set; }

    /// <summary>Computes the layout of a model.</summary>
    /// <param name="declarations">Its tensors.</param>
    public static DenseLayout Of(IReadOnlyList<TensorDeclaration> declarations)
    {
        DenseLayout layout = new();
        foreach (TensorDeclaration declaration in declarations.Where(declaration => declaration.ExpertOffset is null))
        {
            foreach (int layer in declaration.Layers ?? [0])
            {
                layout.Add(declaration, layer);
            }
        }

        return layout;
    }

    /// <summary>Puts a tensor behind those that there are.</summary>
    /// <param name="declaration">Its declaration.</param>
    /// <param name="layer">0-based layer, where the name has a placeholder for it.</param>
    public DenseTensor Add(TensorDeclaration declaration, int layer)
    {
        DenseTensor tensor = new(
            TensorDeclaration.Expand(declaration.Name, layer), SizeInBytes, declaration.SizeInBytes, declaration.Shape);
        _byName.Add(tensor.Name, tensor);
        _tensors.Add(tensor);
        SizeInBytes += tensor.SizeInBytes;
        return tensor;
    }

    /// <summary>Finds a tensor.</summary>
    /// <param name="name">Its expanded name.</param>
    /// <exception cref="KeyNotFoundException">It has not been declared.</exception>
    public DenseTensor Find(string name) => _byName[name];
}

/// <summary>A tensor outside the experts.</summary>
/// <param name="Name">Declared name, expanded.</param>
/// <param name="Offset">First byte in the block.</param>
/// <param name="SizeInBytes">Bytes in the block, with what fills it up.</param>
/// <param name="Shape">Declared shape.</param>
internal sealed record DenseTensor(string Name, long Offset, long SizeInBytes, IReadOnlyList<int> Shape);
