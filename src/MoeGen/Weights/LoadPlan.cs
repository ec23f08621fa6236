namespace MoeGen.Weights;

/// <summary>
/// What is read from where into which place. Every tensor that the model needs has been found, and its shape and type checked;
/// nothing is allocated for weights before that.
/// </summary>
internal sealed class LoadPlan
{
    private readonly Checkpoint _checkpoint;
    private readonly Fp8Block? _fp8Block;
    private readonly Dictionary<(string Name, int Rows), TensorSource> _sources = []; // by expanded name in the file
    private readonly Dictionary<(TensorSource Source, int Matrix), MatrixRead> _reads = [];
    private readonly Dictionary<string, DenseTensor> _denseTensors = new(StringComparer.Ordinal);

    private LoadPlan(Checkpoint checkpoint, Fp8Block? fp8Block)
    {
        _checkpoint = checkpoint;
        _fp8Block = fp8Block;
    }

    /// <summary>Bytes of everything outside the experts.</summary>
    public long DenseBytes { get; private set; }

    /// <summary>Tensors outside the experts, by expanded name.</summary>
    public IReadOnlyDictionary<string, DenseTensor> DenseTensors => _denseTensors;

    /// <summary>What to read, in no order.</summary>
    public IReadOnlyCollection<MatrixRead> Reads => _reads.Values;

    /// <summary>What was odd about the checkpoint, once it has been read: one line, or null.</summary>
    public string? Notice
    {
        get
        {
            string[] notices = [.. _sources.Values.Select(source => source.Notice).OfType<string>()];
            return notices.Length switch
            {
                0 => null,
                1 => notices[0],
                _ => $"{notices[0]} (and so in {notices.Length - 1} other tensors)",
            };
        }
    }

    /// <summary>Makes the plan.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="info">The model.</param>
    /// <param name="declarations">Its tensors.</param>
    /// <exception cref="CheckpointException">A tensor is missing, or of another shape or type.</exception>
    public static LoadPlan Create(Checkpoint checkpoint, ModelInfo info, IReadOnlyList<TensorDeclaration> declarations)
    {
        LoadPlan plan = new(checkpoint, info.Fp8Block);
        foreach (TensorDeclaration declaration in declarations)
        {
            foreach (int layer in declaration.Layers ?? [0])
            {
                if (declaration.ExpertOffset is { } offset)
                {
                    plan.AddExperts(declaration, layer, offset, info.NumExperts);
                }
                else
                {
                    plan.AddDense(declaration, layer);
                }
            }
        }

        return plan;
    }

    private void AddExperts(TensorDeclaration declaration, int layer, long offset, int numExperts)
    {
        int? count = declaration.Slice?.Count;
        if (count < numExperts)
        {
            throw new InvalidOperationException($"{declaration.Name} is declared as a stack of {count} for {numExperts} experts.");
        }

        string? previousName = null;
        TensorSource? source = null;
        for (int expert = 0; expert < numExperts; expert++)
        {
            string name = TensorDeclaration.Expand(declaration.FileTensor, layer, expert);
            if (source is null || name != previousName)
            {
                (source, previousName) = (Find(declaration, name), name);
            }

            int matrix = count is null ? 0 : expert;
            Read(source, matrix).Targets.Add(new TensorTarget(declaration, source, declaration.FirstLayer + layer, expert, offset));
        }
    }

    private void AddDense(TensorDeclaration declaration, int layer)
    {
        if (declaration.Slice?.Count is { } count)
        {
            throw new InvalidOperationException($"{declaration.Name} is declared as a stack of {count}, but belongs to no expert.");
        }

        TensorSource source = Find(declaration, TensorDeclaration.Expand(declaration.FileTensor, layer));
        _denseTensors.Add(TensorDeclaration.Expand(declaration.Name, layer), new DenseTensor(DenseBytes, declaration.Shape));
        Read(source, 0).Targets.Add(new TensorTarget(declaration, source, layer, TensorTarget.NoExpert, DenseBytes));
        DenseBytes += declaration.SizeInBytes;
    }

    // checked for every declaration; what several share is read once
    private TensorSource Find(TensorDeclaration declaration, string name)
    {
        TensorSource source = TensorSource.Find(_checkpoint, declaration, name, _fp8Block);
        return _sources.TryAdd((name, source.Rows), source) ? source : _sources[(name, source.Rows)];
    }

    private MatrixRead Read(TensorSource source, int matrix)
    {
        if (!_reads.TryGetValue((source, matrix), out MatrixRead? read))
        {
            read = new MatrixRead(source, matrix);
            _reads.Add((source, matrix), read);
        }

        return read;
    }
}

/// <summary>A tensor outside the experts.</summary>
/// <param name="Offset">First byte in the block of the dense weights.</param>
/// <param name="Shape">Declared shape.</param>
internal readonly record struct DenseTensor(long Offset, IReadOnlyList<int> Shape);

/// <summary>One matrix of a source, read once for all tensors that lie in it.</summary>
internal sealed class MatrixRead(TensorSource source, int matrix)
{
    public TensorSource Source => source;

    public int Matrix => matrix;

    public List<TensorTarget> Targets { get; } = [];

    public int FirstRow => Targets.Min(target => target.FirstSourceRow);

    public int EndRow => Targets.Max(target => target.EndSourceRow);

    public long Offset => source.OffsetOf(matrix, FirstRow);

    public long Length => source.OffsetOf(matrix, EndRow) - Offset;
}
