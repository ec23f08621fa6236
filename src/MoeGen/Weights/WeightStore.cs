using MoeGen.Experts;
using MoeGen.Kernels;
using MoeGen.Memory;

namespace MoeGen.Weights;

/// <summary>
/// The weights of a loaded model: matrices and vectors outside the experts in one block of memory, experts in their slots.
/// Every tensor is checked against the declarations before any of that memory is allocated.
/// </summary>
public sealed unsafe class WeightStore : IDisposable
{
    private readonly NativeBuffer _dense;
    private readonly Dictionary<string, DenseTensor> _offsets; // by expanded name
    private readonly ExpertPool _experts;

    private WeightStore(NativeBuffer dense, Dictionary<string, DenseTensor> offsets, ExpertPool experts)
    {
        _dense = dense;
        _offsets = offsets;
        _experts = experts;
    }

    /// <summary>Loads every tensor that a model declares.</summary>
    /// <param name="folder">Hugging Face folder with <c>model.safetensors</c>, or an index and its shards.</param>
    /// <param name="info">The model.</param>
    /// <param name="declarations">Its tensors.</param>
    /// <param name="options">Memory budget, threads and progress.</param>
    /// <param name="cancellationToken">Stops loading; nothing stays allocated.</param>
    /// <exception cref="CheckpointException">A file or tensor is missing, damaged or of another shape.</exception>
    /// <exception cref="MemoryBudgetTooSmallException">The model does not fit the budget.</exception>
    /// <exception cref="NonFiniteValueException">A tensor holds an infinity or NaN.</exception>
    public static WeightStore Load(
        string folder, ModelInfo info, IReadOnlyList<TensorDeclaration> declarations, MoeOptions options,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(info);
        ArgumentNullException.ThrowIfNull(declarations);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        using Checkpoint checkpoint = Checkpoint.Open(folder);
        Dictionary<string, DenseTensor> offsets = new(StringComparer.Ordinal);
        List<TensorTransfer> transfers = PlanTransfers(checkpoint, info, declarations, offsets, out long denseBytes);
        MemoryPlan.For(info, options).Check(options.MemoryBudget);

        NativeBuffer dense = new(denseBytes);
        ExpertPool? experts = null;
        try
        {
            HashSet<int> sparse = [.. info.SparseLayers];
            experts = new ExpertPool([.. Enumerable.Range(0, info.NumLayers).Select(sparse.Contains)], info.NumExperts, info.ExpertBytes);
            new WeightLoader(dense, experts).Load(transfers, options, cancellationToken);
            return new WeightStore(dense, offsets, experts);
        }
        catch
        {
            dense.Dispose();
            experts?.Dispose();
            throw;
        }
    }

    /// <summary>A matrix outside the experts.</summary>
    /// <param name="name">Declared name.</param>
    /// <param name="layer">0-based layer, where the name has a placeholder for it.</param>
    public Matrix<TShape, TFormat> Matrix<TShape, TFormat>(string name, int layer = 0)
        where TShape : struct, IMatrixShape
        where TFormat : struct, IWeightFormat =>
        new(_dense.Pointer + Find(name, layer, [TShape.Rows, TShape.Columns]).Offset);

    /// <summary>A vector outside the experts.</summary>
    /// <param name="name">Declared name.</param>
    /// <param name="layer">0-based layer, where the name has a placeholder for it.</param>
    /// <param name="length">Declared number of elements.</param>
    public WeightVector Vector(string name, int length, int layer = 0) =>
        new((float*)(_dense.Pointer + Find(name, layer, [length]).Offset), length);

    /// <summary>The experts of a sparse layer.</summary>
    /// <param name="layer">0-based sparse layer.</param>
    public ExpertList<TExpert, TUp, TDown, TFormat> Experts<TExpert, TUp, TDown, TFormat>(int layer)
        where TExpert : struct, IExpert<TExpert, TUp, TDown, TFormat>
        where TUp : struct, IMatrixShape
        where TDown : struct, IMatrixShape
        where TFormat : struct, IWeightFormat =>
        new(_experts, layer);

    /// <inheritdoc/>
    public void Dispose()
    {
        _dense.Dispose();
        _experts.Dispose();
    }

    // looks every tensor up and checks it; nothing is allocated for weights until all of them have passed
    private static List<TensorTransfer> PlanTransfers(
        Checkpoint checkpoint, ModelInfo info, IReadOnlyList<TensorDeclaration> declarations, Dictionary<string, DenseTensor> offsets,
        out long denseBytes)
    {
        List<TensorTransfer> transfers = [];
        denseBytes = 0;
        foreach (TensorDeclaration declaration in declarations)
        {
            foreach (int layer in declaration.Layers ?? [0])
            {
                int count = declaration.ExpertOffset is null ? 1 : info.NumExperts;
                for (int expert = 0; expert < count; expert++)
                {
                    string name = TensorDeclaration.Expand(declaration.Name, layer, expert);
                    TensorEntry entry = checkpoint.Locate(name, out SafetensorsFile file);
                    WeightFormat source = Check(declaration, entry, file);
                    if (declaration.ExpertOffset is { } expertOffset)
                    {
                        transfers.Add(new TensorTransfer(file, entry, source, declaration, layer, expert, expertOffset));
                    }
                    else
                    {
                        offsets.Add(name, new DenseTensor(denseBytes, declaration.Shape));
                        transfers.Add(new TensorTransfer(file, entry, source, declaration, layer, TensorTransfer.NoExpert, denseBytes));
                        denseBytes += declaration.SizeInBytes;
                    }
                }
            }
        }

        return transfers;
    }

    private static WeightFormat Check(TensorDeclaration declaration, TensorEntry entry, SafetensorsFile file)
    {
        if (!entry.Shape.SequenceEqual(declaration.Shape.Select(dimension => (long)dimension)))
        {
            throw new ShapeMismatchException(file.Path, entry.Name, entry.Shape, declaration.Shape);
        }

        return entry.Type.ToWeightFormat()
            ?? throw new CheckpointException(file.Path, $"tensor {entry.Name} is of type {entry.Type.Name()}; expected F32, F16 or BF16");
    }

    private DenseTensor Find(string name, int layer, ReadOnlySpan<int> shape)
    {
        string expanded = TensorDeclaration.Expand(name, layer);
        DenseTensor tensor = _offsets[expanded];
        return shape.SequenceEqual(tensor.Shape.ToArray())
            ? tensor
            : throw new InvalidOperationException(
                $"{expanded} is declared as [{string.Join(", ", tensor.Shape)}] but read as [{string.Join(", ", shape.ToArray())}].");
    }

    private readonly record struct DenseTensor(long Offset, IReadOnlyList<int> Shape);
}
