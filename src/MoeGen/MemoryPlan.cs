using MoeGen.Engine;
using MoeGen.Experts;
using MoeGen.Experts.Cache;
using MoeGen.Weights;

namespace MoeGen;

/// <summary>
/// The memory that a model holds, part by part, known before anything is allocated. Everything but the experts is always there; experts get as
/// many slots as the rest of the budget allows.
/// </summary>
public sealed record MemoryPlan
{
    // what the system and other programs need beside a model that was given no budget
    private const double ShareOfMachine = 0.9;

    /// <summary>Bytes that a model takes at most where nothing else is said.</summary>
    internal static long MachineBytes => (long)(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes * ShareOfMachine);

    private MemoryPlan()
    {
    }

    /// <summary>Weights outside the experts.</summary>
    public required long DenseBytes { get; init; }

    /// <summary>KV cache of the sequences, with what it keeps of an encoder's output and of its experts' loads.</summary>
    public required long KeyValueBytes { get; init; }

    /// <summary>Working memory of a pass, logits included.</summary>
    public required long WorkspaceBytes { get; init; }

    /// <summary>Buffers of readers and prefetcher, where not all experts are resident.</summary>
    public required long OffloadingBytes { get; init; }

    /// <summary>A slot for one expert.</summary>
    public required long SlotBytes { get; init; }

    /// <summary>Experts of the model.</summary>
    public required int NumExperts { get; init; }

    /// <summary>Slots with which the model still runs.</summary>
    public required int FloorSlots { get; init; }

    /// <summary>Slots of twice the experts that a token uses, where caches begin to pay (local routing consistency, arXiv 2505.16056).</summary>
    public required int ComfortableSlots { get; init; }

    /// <summary>Slots that the method uses at most.</summary>
    public required int MostSlots { get; init; }

    /// <summary>Slots of this plan.</summary>
    public required int NumSlots { get; init; }

    /// <summary>Slots of all experts of this plan.</summary>
    public long ExpertBytes => NumSlots * SlotBytes;

    /// <summary>Whether every expert has a slot.</summary>
    public bool IsResident => NumSlots == NumExperts;

    /// <summary>All of it.</summary>
    public long TotalBytes => BytesFor(NumSlots);

    /// <summary>The smallest budget with which the model runs.</summary>
    public long FloorBytes => BytesFor(FloorSlots);

    /// <summary>A budget with which most uses of experts find them in memory.</summary>
    public long ComfortableBytes => BytesFor(ComfortableSlots);

    /// <summary>The budget from which on every expert is resident.</summary>
    public long ResidentBytes => BytesFor(NumExperts);

    /// <summary>Computes the plan for one sequence of the full context, and passes in which as many take part as may.</summary>
    /// <param name="info">The model.</param>
    /// <param name="options">Memory budget, context length, prefill chunk, batch, format of the KV cache, offloading.</param>
    /// <exception cref="MemoryBudgetTooSmallException">The budget or, without one, the machine's memory is below the floor.</exception>
    public static MemoryPlan For(ModelInfo info, MoeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        MemoryPlan plan = Largest(info, options);
        return options.ExpertSlots is { } slots ? plan with { NumSlots = Math.Min(slots, plan.MostSlots) } : plan.Within(options.MemoryBudget);
    }

    /// <summary>Computes the plan with every expert resident, whatever the budget.</summary>
    /// <param name="info">The model.</param>
    /// <param name="options">Context length, prefill chunk, batch, format of the KV cache, offloading.</param>
    public static MemoryPlan Largest(ModelInfo info, MoeOptions options)
    {
        ArgumentNullException.ThrowIfNull(info);
        ArgumentNullException.ThrowIfNull(options);
        ExpertGrid grid = ExpertCache.GridOf(info);
        SlotBounds bounds = options.Offloading.SlotBoundsOf(info);
        return new MemoryPlan
        {
            DenseBytes = info.DenseBytes,
            KeyValueBytes = Sequence.SizeFor(info, options, options.PrefillChunkFor(info)),
            WorkspaceBytes = (options.PassRowsFor(info) * info.WorkspaceBytesPerToken)
                + RowLayout.SizeInBytes(options.MaxBatch, info.VocabSize),
            OffloadingBytes = ExpertCache.BufferBytes(info, options),
            SlotBytes = SlotPool.SlotSize(info.ExpertBytes),
            NumExperts = grid.Count,
            FloorSlots = bounds.Least,
            ComfortableSlots = Math.Clamp(2 * grid.NumLayers * grid.TopK, bounds.Least, bounds.Most),
            MostSlots = bounds.Most,
            NumSlots = grid.Count,
        };
    }

    /// <summary>The same parts with as many slots as a budget allows.</summary>
    /// <param name="budget">The budget; null: most of the machine's memory.</param>
    /// <exception cref="MemoryBudgetTooSmallException">It is below the floor.</exception>
    public MemoryPlan Within(ByteSize? budget)
    {
        // without a budget the system would promise more than it has, and end the process when the weights come in
        ByteSize bound = budget ?? new ByteSize(MachineBytes);
        if (ResidentBytes <= bound.Bytes && MostSlots == NumExperts)
        {
            return this with { NumSlots = NumExperts };
        }

        if (FloorBytes > bound.Bytes)
        {
            throw new MemoryBudgetTooSmallException(budget is null ? "memory of this machine" : "memory budget", bound, this);
        }

        long slots = (bound.Bytes - BytesFor(0)) / SlotBytes;
        return this with { NumSlots = (int)Math.Min(slots, Math.Min(MostSlots, NumExperts - 1)) };
    }

    private long BytesFor(int slots)
    {
        long resident = DenseBytes + KeyValueBytes + WorkspaceBytes + (NumExperts * SlotBytes);
        return slots == NumExperts
            ? resident
            : Math.Min(resident, DenseBytes + KeyValueBytes + WorkspaceBytes + OffloadingBytes + (slots * SlotBytes));
    }
}

/// <summary>The model does not fit the memory budget or, without one, the machine's memory.</summary>
public sealed class MemoryBudgetTooSmallException : MoeGenException
{
    internal MemoryBudgetTooSmallException(string what, ByteSize budget, MemoryPlan plan)
        : base(
            $"the {what} is {budget.Bytes} bytes ({budget}); "
            + $"expected at least {plan.FloorBytes} bytes ({new ByteSize(plan.FloorBytes)}): "
            + $"dense weights {new ByteSize(plan.DenseBytes)}, {plan.FloorSlots} experts {new ByteSize(plan.FloorSlots * plan.SlotBytes)}, "
            + $"KV cache {new ByteSize(plan.KeyValueBytes)}, working memory {new ByteSize(plan.WorkspaceBytes + plan.OffloadingBytes)}. "
            + "A shorter context, a smaller prefill chunk or a KV cache in F16 or Q8 needs less.")
    {
        BudgetBytes = budget.Bytes;
        RequiredBytes = plan.FloorBytes;
    }

    /// <summary>The bytes there are.</summary>
    public long BudgetBytes { get; }

    /// <summary>The smallest number of bytes that would do.</summary>
    public long RequiredBytes { get; }
}
