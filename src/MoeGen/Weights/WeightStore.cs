using MoeGen.Engine;
using MoeGen.Experts;
using MoeGen.Experts.Cache;
using MoeGen.Experts.Selection;
using MoeGen.Kernels;
using MoeGen.Memory;
using MoeGen.Weights.Dense;

namespace MoeGen.Weights;

/// <summary>
/// The weights of a loaded model: matrices and vectors outside the experts in one block of memory, experts in their slots.
/// Every tensor is checked against the declarations before any of that memory is allocated.
/// </summary>
public sealed unsafe class WeightStore : IDisposable
{
    private readonly NativeBuffer _dense;
    private readonly DenseLayout _denseLayout;
    private readonly ExpertCache _experts;

    private WeightStore(MemoryPlan plan, NativeBuffer dense, DenseLayout denseLayout, ExpertCache experts, ModelDevice? device)
    {
        Plan = plan;
        Device = device;
        _dense = dense;
        _denseLayout = denseLayout;
        _experts = experts;
    }

    /// <summary>Loads every tensor that a model declares.</summary>
    /// <param name="folder">Hugging Face folder with <c>model.safetensors</c>, or an index and its shards; or a packed model.</param>
    /// <param name="info">The model.</param>
    /// <param name="declarations">Its tensors.</param>
    /// <param name="options">Memory budget, threads, progress and notices.</param>
    /// <param name="cancellationToken">Stops loading; nothing stays allocated.</param>
    /// <exception cref="CheckpointException">A file or tensor is missing, damaged or of another shape.</exception>
    /// <exception cref="MemoryBudgetTooSmallException">The model does not fit the budget.</exception>
    /// <exception cref="NonFiniteValueException">A tensor holds an infinity or NaN, or its scales lead to one.</exception>
    public static WeightStore Load(
        string folder, ModelInfo info, IReadOnlyList<TensorDeclaration> declarations, MoeOptions options,
        CancellationToken cancellationToken) =>
        Load(folder, info, declarations, options, cancellationToken, half: null);

    /// <summary>The same, on the device that the options name.</summary>
    /// <inheritdoc cref="Load(string, ModelInfo, IReadOnlyList{TensorDeclaration}, MoeOptions, CancellationToken)"/>
    /// <param name="half">What the model brings for a device; null: nothing.</param>
    /// <exception cref="DeviceException">A GPU was asked for, and there is none that can run the model.</exception>
    internal static WeightStore Load(
        string folder, ModelInfo info, IReadOnlyList<TensorDeclaration> declarations, MoeOptions options,
        CancellationToken cancellationToken, DeviceHalf? half)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(info);
        ArgumentNullException.ThrowIfNull(declarations);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        ModelDevice? device = DeviceHalf.OpenFor(half, info, options);
        try
        {
            return Load(folder, info, declarations, device is null ? options : options.On(device), device, cancellationToken);
        }
        catch
        {
            device?.Dispose();
            throw;
        }
    }

    // a device that is given is the store's when it is loaded
    private static WeightStore Load(
        string folder, ModelInfo info, IReadOnlyList<TensorDeclaration> declarations, MoeOptions options, ModelDevice? device,
        CancellationToken cancellationToken)
    {
        using WeightFiles files = WeightFiles.Open(folder, info, declarations, options.Offloading.UsesTwins);
        MemoryPlan memory = MemoryPlan.For(info, options);

        // a pack is read to where it stays, in blocks of the disk
        NativeBuffer dense = new(files.DenseLayout.SizeInBytes, DirectFile.Alignment);
        ExpertCache? experts = null;
        try
        {
            ISlotMemory? slots = device?.CreateSlots(memory.NumSlots, memory.SlotBytes);
            IExpertSource source = OnDevice(files.TakeExperts(), device);
            experts = new ExpertCache(
                info, source, () => OnDevice(OpenExperts(folder, info, declarations, options), device), memory.NumSlots, options, slots);
            ExpertIndex index = new(info);
            IResidentSelection? selection = experts.Selection as IResidentSelection;
            ExpertNorms? norms = selection is { NeedsNorms: true } ? new ExpertNorms(declarations, index.Count) : null;
            int numRead = memory.IsResident ? index.Count : (norms is null ? 0 : index.Count) + (selection?.NumResident(memory.NumSlots) ?? 0);
            long bytes = WeightLoader.SizeOf(files.Dense) + WeightLoader.SizeOf(source, numRead);
            int numReaders = memory.IsResident ? int.MaxValue : Math.Min(options.Readers, memory.NumSlots);
            WeightLoader loader = new(options, bytes, numReaders, cancellationToken);
            loader.LoadDense(files.Dense, dense.Pointer);
            if (memory.IsResident)
            {
                loader.LoadExperts(source, index, [.. Enumerable.Range(0, index.Count)], experts, norms);
                experts.AdmitAll();
            }
            else if (norms is not null)
            {
                loader.MeasureExperts(source, index, experts, norms);
            }

            if (selection?.Start(experts, memory.NumSlots, norms is null ? default : norms.Values) is { } first && !memory.IsResident)
            {
                loader.LoadExperts(source, index, first, experts, norms: null);
                experts.Admit(first);
            }

            if (files.Notice is { } notice)
            {
                options.Notice?.Invoke(notice);
            }

            WeightStore weights = new(memory, dense, files.DenseLayout, experts, device);
            device?.Start(weights);
            return weights;
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

    /// <summary>Makes a router known to prefetchers that ask what a later layer would choose.</summary>
    /// <param name="router">Its matrix.</param>
    /// <param name="layer">0-based sparse layer of the model.</param>
    public void AddRouter<TShape, TFormat>(Matrix<TShape, TFormat> router, int layer)
        where TShape : struct, IMatrixShape
        where TFormat : struct, IWeightFormat =>
        _experts.Routers[_experts.SparseLayerOf(layer)] = new RouterScores<TShape, TFormat>(router);

    /// <summary>The device that holds the experts and computes; null: the processor computes.</summary>
    internal ModelDevice? Device { get; }

    /// <summary>First byte of what is outside the experts.</summary>
    internal byte* Dense => _dense.Pointer;

    /// <summary>Its bytes.</summary>
    internal long DenseBytes => _denseLayout.SizeInBytes;

    /// <summary>Bytes before a matrix or vector outside the experts.</summary>
    /// <param name="name">Declared name.</param>
    /// <param name="layer">0-based layer, where the name has a placeholder for it.</param>
    /// <param name="shape">Declared shape.</param>
    internal long OffsetOf(string name, int layer, ReadOnlySpan<int> shape) => Find(name, layer, shape).Offset;

    /// <summary>The memory that was planned for, with the slots that the experts have.</summary>
    internal MemoryPlan Plan { get; }

    /// <summary>The experts, as many as fit.</summary>
    internal ExpertCache ExpertCache => _experts;

    /// <summary>The blob of a resident expert.</summary>
    internal ExpertSlot Slot(int layer, int expert) => _experts.TryFind(layer, expert, out ExpertSlot slot)
        ? slot
        : throw new InvalidOperationException($"Expert {expert} of layer {layer} is not in memory.");

    /// <inheritdoc/>
    public void Dispose()
    {
        _dense.Dispose();
        _experts.Dispose();
        Device?.Dispose();
    }

    private static IExpertSource OnDevice(IExpertSource source, ModelDevice? device) => device is null ? source : device.Cache(source);

    private static IExpertSource OpenExperts(
        string folder, ModelInfo info, IReadOnlyList<TensorDeclaration> declarations, MoeOptions options)
    {
        using WeightFiles files = WeightFiles.Open(folder, info, declarations, options.Offloading.UsesTwins);
        return files.TakeExperts();
    }

    private DenseTensor Find(string name, int layer, ReadOnlySpan<int> shape)
    {
        string expanded = TensorDeclaration.Expand(name, layer);
        DenseTensor tensor = _denseLayout.Find(expanded);
        return shape.SequenceEqual(tensor.Shape.ToArray())
            ? tensor
            : throw new InvalidOperationException(
                $"{expanded} is declared as [{string.Join(", ", tensor.Shape)}] but read as [{string.Join(", ", shape.ToArray())}].");
    }
}
