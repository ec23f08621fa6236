using MoeGen.Engine;
using MoeGen.Weights;

namespace MoeGen;

/// <summary>How a model is loaded and run.</summary>
public sealed record MoeOptions
{
    /// <summary>Context when nothing else is said: enough for most conversations, small against the weights.</summary>
    public const int DefaultContextLength = 4096;

    /// <summary>Tokens of a prompt that are computed together when nothing else is said.</summary>
    public const int DefaultPrefillChunk = 128;

    /// <summary>Sequences that run together when nothing else is said.</summary>
    public const int DefaultMaxBatch = 8;

    /// <summary>
    /// What computes. On a GPU, <see cref="MemoryBudget"/> bounds the memory of the device, and experts that do not fit wait in host memory
    /// (<see cref="HostMemoryBudget"/>) and behind it on disk.
    /// </summary>
    public Device Device { get; init; }

    /// <summary>
    /// Most host memory that experts may take beside those on a GPU; null: most of the machine's memory. Not used where the processor
    /// computes.
    /// </summary>
    public ByteSize? HostMemoryBudget { get; init; }

    /// <summary>Threads that compute, the caller's included; null: one per processor.</summary>
    public int? Threads { get; init; }

    /// <summary>
    /// Keeps each computing thread other than the caller's on a processor of its own, on Linux: a few per cent faster where the model has the
    /// machine to itself, slower where others want the same processors.
    /// </summary>
    public bool PinThreads { get; init; }

    /// <summary>
    /// Longest sequence in tokens; null: what the model was made for, at most <see cref="DefaultContextLength"/>. Models with relative
    /// positions (<see cref="ModelInfo.HasRelativePositions"/>) take a longer one than they were made for. With an encoder it bounds the
    /// input and the text that the decoder writes alike.
    /// </summary>
    public int? ContextLength { get; init; }

    /// <summary>
    /// Tokens of a prompt that are computed together. More is faster and needs more working memory. An encoder sees its whole input at
    /// once, whatever this says.
    /// </summary>
    public int PrefillChunk { get; init; } = DefaultPrefillChunk;

    /// <summary>
    /// Most sequences that run together: callers on so many threads share each pass, and with it all that is read of the weights. More callers
    /// take turns. Every sequence needs room for logits, whether it comes or not, and a KV cache once it is there.
    /// </summary>
    public int MaxBatch { get; init; } = DefaultMaxBatch;

    /// <summary>
    /// Most memory that the model may hold: weights, KV cache, working memory and buffers; null: most of the machine's memory. Where it does
    /// not hold all experts, some are read from disk as the text goes on, which changes no result.
    /// </summary>
    public ByteSize? MemoryBudget { get; init; }

    /// <summary>
    /// How keys and values of a text are held. What is smaller than <see cref="KeyValueFormat.F32"/> leaves room for experts and longer
    /// texts; results are near the model's own, and as repeatable.
    /// </summary>
    public KeyValueFormat KeyValueFormat { get; init; }

    /// <summary>Which experts are kept and loaded ahead where the budget does not hold all of them.</summary>
    public Offloading Offloading { get; init; } = Offloading.FineMoE();

    /// <summary>Slots for experts, whatever the budget says: for tests and measurements with a cache of a certain size; null: the budget.</summary>
    internal int? ExpertSlots { get; init; }

    /// <summary>The device, for tests: an accelerator of ILGPU; null: the first GPU.</summary>
    internal object? Accelerator { get; init; }

    /// <summary>Threads of a group on the device, for tests; null: what is fast.</summary>
    internal int? GroupSize { get; init; }

    /// <summary>Threads that read experts; more than a few gain little on one disk.</summary>
    internal int Readers { get; init; } = 4;

    /// <summary>Hears how loading gets on.</summary>
    public IProgress<LoadProgress>? Progress { get; init; }

    /// <summary>
    /// Hears what is legal but odd about a checkpoint, or about a method for this model, in one line for people; called by the thread that
    /// loads, perhaps several times.
    /// </summary>
    public Action<string>? Notice { get; init; }

    internal int ThreadsOrDefault => Threads ?? Environment.ProcessorCount;

    internal int ContextLengthFor(ModelInfo info) =>
        info.HasRelativePositions && ContextLength is { } length
            ? length
            : Math.Min(ContextLength ?? DefaultContextLength, info.MaxPositions);

    internal int PrefillChunkFor(ModelInfo info) =>
        info.HasEncoder ? ContextLengthFor(info) : Math.Min(PrefillChunk, ContextLengthFor(info));

    /// <summary>Tokens of the longest pass: a chunk of a prompt, or one of each sequence.</summary>
    internal int PassRowsFor(ModelInfo info) => Math.Max(PrefillChunkFor(info), MaxBatch);

    /// <summary>The same with a budget that is no more than a device has.</summary>
    internal MoeOptions On(ModelDevice device) => this with { MemoryBudget = MemoryBudget ?? new ByteSize(device.MemoryBytes) };

    /// <summary>Refuses options that make no sense.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1, or a format is none.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ThreadsOrDefault, 1, nameof(Threads));
        ArgumentOutOfRangeException.ThrowIfLessThan(ContextLength ?? 1, 1, nameof(ContextLength));
        ArgumentOutOfRangeException.ThrowIfLessThan(PrefillChunk, 1, nameof(PrefillChunk));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxBatch, 1);
        if (!Enum.IsDefined(Device))
        {
            throw new ArgumentOutOfRangeException(nameof(Device), Device, "expected Cpu, Gpu or Auto");
        }

        if (!Enum.IsDefined(KeyValueFormat))
        {
            throw new ArgumentOutOfRangeException(nameof(KeyValueFormat), KeyValueFormat, "expected F32, F16 or Q8");
        }
    }
}
