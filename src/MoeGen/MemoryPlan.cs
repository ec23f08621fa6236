using MoeGen.Engine;
using MoeGen.Experts;
using MoeGen.Weights;

namespace MoeGen;

/// <summary>
/// The memory that a model holds with one sequence of the full context, part by part, known before anything is allocated.
/// </summary>
/// <param name="DenseBytes">Weights outside the experts.</param>
/// <param name="ExpertBytes">Slots of all experts; every expert is resident.</param>
/// <param name="KeyValueBytes">KV cache of one sequence, with what it keeps of an encoder's output and of its experts' loads.</param>
/// <param name="WorkspaceBytes">Working memory of a pass, logits included.</param>
public sealed record MemoryPlan(long DenseBytes, long ExpertBytes, long KeyValueBytes, long WorkspaceBytes)
{
    /// <summary>All of it.</summary>
    public long TotalBytes => DenseBytes + ExpertBytes + KeyValueBytes + WorkspaceBytes;

    /// <summary>Computes the plan.</summary>
    /// <param name="info">The model.</param>
    /// <param name="options">Context length and prefill chunk.</param>
    public static MemoryPlan For(ModelInfo info, MoeOptions options)
    {
        ArgumentNullException.ThrowIfNull(info);
        ArgumentNullException.ThrowIfNull(options);
        int context = options.ContextLengthFor(info);
        long logitsBytes = MatrixLayout.SizeInBytes(1, info.VocabSize, WeightFormat.F32);
        return new MemoryPlan(
            info.DenseBytes,
            ExpertPool.SizeInBytes((long)info.NumExperts * info.SparseLayers.Count, info.ExpertBytes),
            Sequence.SizeInBytes(info, context),
            (options.PrefillChunkFor(info) * info.WorkspaceBytesPerToken) + logitsBytes);
    }

    /// <summary>Refuses a plan that is larger than the budget or, without one, than the machine's memory.</summary>
    /// <param name="budget">The budget, or null for none.</param>
    /// <exception cref="MemoryBudgetTooSmallException">The plan is larger.</exception>
    internal void Check(ByteSize? budget)
    {
        // the system would promise more than it has, and end the process when the weights come in
        ByteSize bound = budget ?? new ByteSize(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        if (TotalBytes > bound.Bytes)
        {
            throw new MemoryBudgetTooSmallException(budget is null ? "memory of this machine" : "memory budget", bound, this);
        }
    }
}

/// <summary>The model does not fit the memory budget or, without one, the machine's memory.</summary>
public sealed class MemoryBudgetTooSmallException : MoeGenException
{
    internal MemoryBudgetTooSmallException(string what, ByteSize budget, MemoryPlan plan)
        : base(
            $"the {what} is {budget.Bytes} bytes ({budget}); "
            + $"expected at least {plan.TotalBytes} bytes ({new ByteSize(plan.TotalBytes)}): "
            + $"dense weights {new ByteSize(plan.DenseBytes)}, experts {new ByteSize(plan.ExpertBytes)}, "
            + $"KV cache {new ByteSize(plan.KeyValueBytes)}, working memory {new ByteSize(plan.WorkspaceBytes)}. "
            + "A shorter context or a smaller prefill chunk needs less.")
    {
        BudgetBytes = budget.Bytes;
        RequiredBytes = plan.TotalBytes;
    }

    /// <summary>The bytes there are.</summary>
    public long BudgetBytes { get; }

    /// <summary>The smallest number of bytes that would do.</summary>
    public long RequiredBytes { get; }
}
