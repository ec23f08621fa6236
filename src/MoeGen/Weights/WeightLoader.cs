using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using MoeGen.Experts;
using MoeGen.Experts.Cache;
using MoeGen.Weights.Dense;

namespace MoeGen.Weights;

/// <summary>Reads weights into their places on all threads, in the order of the files, and tells how far it is.</summary>
internal sealed unsafe class WeightLoader
{
    private readonly ParallelOptions _parallel;
    private readonly ParallelOptions _expertsParallel;
    private readonly IProgress<LoadProgress>? _progress;
    private readonly long _bytesTotal;
    private long _bytesLoaded;

    /// <summary>Prepares to load.</summary>
    /// <param name="options">Threads and progress.</param>
    /// <param name="bytesTotal">Bytes that will be read.</param>
    /// <param name="numExpertReaders">Threads that read experts, at most: where they go on being read, their buffers are in the plan.</param>
    /// <param name="cancellationToken">Stops between pieces of a few MiB.</param>
    public WeightLoader(MoeOptions options, long bytesTotal, int numExpertReaders, CancellationToken cancellationToken)
    {
        int threads = options.ThreadsOrDefault;
        _parallel = new() { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken };
        _expertsParallel = new() { MaxDegreeOfParallelism = Math.Min(threads, numExpertReaders), CancellationToken = cancellationToken };
        _progress = options.Progress;
        _bytesTotal = bytesTotal;
    }

    /// <summary>Bytes of everything outside the experts.</summary>
    public static long SizeOf(IDenseSource source) => Enumerable.Range(0, source.NumPieces).Sum(source.SizeOfPiece);

    /// <summary>Bytes of some experts.</summary>
    public static long SizeOf(IExpertSource source, int numExperts) => numExperts * source.SizeOfPieces(source.NumPieces);

    /// <summary>Reads everything outside the experts.</summary>
    /// <param name="source">Where it is.</param>
    /// <param name="block">First byte of the block of <see cref="DenseLayout"/>.</param>
    /// <exception cref="MoeGenException">A file is damaged, or a tensor holds an infinity or NaN.</exception>
    public void LoadDense(IDenseSource source, byte* block)
    {
        ForEach(_parallel, Enumerable.Range(0, source.NumPieces), piece =>
        {
            source.Read(piece, block, _parallel.CancellationToken);
            Report(source.SizeOfPiece(piece));
        });
    }

    /// <summary>Reads experts, each into the slot with the number of its place in the list.</summary>
    /// <param name="source">Where they are.</param>
    /// <param name="experts">The model's experts.</param>
    /// <param name="keys">Those to read.</param>
    /// <param name="cache">A slot for each of them.</param>
    /// <param name="norms">Takes their norms; null: nobody wants them.</param>
    /// <exception cref="MoeGenException">An expert is damaged.</exception>
    public void LoadExperts(IExpertSource source, ExpertIndex experts, IReadOnlyList<int> keys, ExpertCache cache, ExpertNorms? norms)
    {
        ForEach(_expertsParallel, InFileOrder(source, experts, keys), slot =>
        {
            Read(source, experts.At(keys[slot]), cache.Address(slot));
            norms?.Measure(keys[slot], cache.Address(slot));
        });
    }

    /// <summary>Reads every expert for its norm; slots that are not in use yet hold it meanwhile.</summary>
    /// <param name="source">Where they are.</param>
    /// <param name="experts">The model's experts.</param>
    /// <param name="cache">Its slots, at least one for each thread that reads experts.</param>
    /// <param name="norms">Takes the norms.</param>
    /// <exception cref="MoeGenException">An expert is damaged.</exception>
    public void MeasureExperts(IExpertSource source, ExpertIndex experts, ExpertCache cache, ExpertNorms norms)
    {
        ConcurrentStack<int> slots = new(Enumerable.Range(0, _expertsParallel.MaxDegreeOfParallelism));
        ForEach(_expertsParallel, InFileOrder(source, experts, [.. Enumerable.Range(0, experts.Count)]), key =>
        {
            _ = slots.TryPop(out int slot);
            Read(source, experts.At(key), cache.Address(slot));
            norms.Measure(key, cache.Address(slot));
            slots.Push(slot);
        });
    }

    // places in the list
    private static IEnumerable<int> InFileOrder(IExpertSource source, ExpertIndex experts, IReadOnlyList<int> keys) =>
        Enumerable.Range(0, keys.Count).OrderBy(place =>
        {
            (int layer, int expert) = experts.At(keys[place]);
            return source.PositionOf(layer, expert);
        });

    private void Read(IExpertSource source, (int Layer, int Expert) id, byte* slot)
    {
        for (int piece = 0; piece < source.NumPieces; piece++)
        {
            _parallel.CancellationToken.ThrowIfCancellationRequested();
            source.Read(id.Layer, id.Expert, piece, slot);
        }

        source.Verify(id.Layer, id.Expert, slot);
        Report(source.SizeOfPieces(source.NumPieces));
    }

    private void Report(long bytes) => _progress?.Report(new LoadProgress(Interlocked.Add(ref _bytesLoaded, bytes), _bytesTotal));

    private static void ForEach<T>(ParallelOptions parallel, IEnumerable<T> items, Action<T> load)
    {
        try
        {
            // one by one in order: ranges would make the threads read at distant places of the file
            Parallel.ForEach(Partitioner.Create(items, EnumerablePartitionerOptions.NoBuffering), parallel, load);
        }
        catch (AggregateException exception)
        {
            // several threads may have found faults; one clear error is enough
            ExceptionDispatchInfo.Throw(exception.InnerExceptions[0]);
        }
    }
}
