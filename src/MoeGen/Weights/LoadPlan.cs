using MoeGen.Weights.Dense;

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
    private readonly Dictionary<TensorSource, MatrixRead> _denseReads = [];
    private readonly Dictionary<int, List<List<MatrixRead>>> _expertReads = []; // by layer of the model, then expert

    private LoadPlan(Checkpoint checkpoint, Fp8Block? fp8Block)
    {
        _checkpoint = checkpoint;
        _fp8Block = fp8Block;
    }

    /// <summary>Where the tensors outside the experts go.</summary>
    public DenseLayout Dense { get; } = new();

    /// <summary>What to read for them, in no order.</summary>
    public IReadOnlyCollection<MatrixRead> DenseReads => _denseReads.Values;

    /// <summary>Every tensor that something is read from, in no order.</summary>
    public IReadOnlyCollection<TensorSource> Sources => _sources.Values;

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

    /// <summary>What to read for one expert, in the order of its blob.</summary>
    /// <param name="layer">0-based sparse layer, those of an encoder counted first.</param>
    /// <param name="expert">0-based expert of the layer.</param>
    public IReadOnlyList<MatrixRead> ExpertReads(int layer, int expert) =>
        _expertReads.TryGetValue(layer, out List<List<MatrixRead>>? experts) ? experts[expert] : [];

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

            ExpertRead(declaration.FirstLayer + layer, expert, source, count is null ? 0 : expert)
                .Add(new TensorTarget(declaration, source, offset));
        }
    }

    private void AddDense(TensorDeclaration declaration, int layer)
    {
        if (declaration.Slice?.Count is { } count)
        {
            throw new InvalidOperationException($"{declaration.Name} is declared as a stack of {count}, but belongs to no expert.");
        }

        TensorSource source = Find(declaration, TensorDeclaration.Expand(declaration.FileTensor, layer));
        if (!_denseReads.TryGetValue(source, out MatrixRead? read))
        {
            read = new MatrixRead(source, 0);
            _denseReads.Add(source, read);
        }

        read.Add(new TensorTarget(declaration, source, Dense.Add(declaration, layer).Offset));
    }

    // checked for every declaration; what several share is read once
    private TensorSource Find(TensorDeclaration declaration, string name)
    {
        TensorSource source = TensorSource.Find(_checkpoint, declaration, name, _fp8Block);
        return _sources.TryAdd((name, source.Rows), source) ? source : _sources[(name, source.Rows)];
    }

    // experts come one after the other, each found before the next, so that a number from the config alone makes nothing large
    private MatrixRead ExpertRead(int layer, int expert, TensorSource source, int matrix)
    {
        if (!_expertReads.TryGetValue(layer, out List<List<MatrixRead>>? experts))
        {
            experts = [];
            _expertReads.Add(layer, experts);
        }

        if (expert == experts.Count)
        {
            experts.Add([]);
        }

        List<MatrixRead> reads = experts[expert];
        MatrixRead? read = reads.Find(read => read.Source == source && read.Matrix == matrix);
        if (read is null)
        {
            read = new MatrixRead(source, matrix);
            reads.Add(read);
        }

        return read;
    }
}
