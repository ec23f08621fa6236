using System.Runtime.ExceptionServices;
using MoeGen.Experts;
using MoeGen.Memory;

namespace MoeGen.Packs;

/// <summary>Goes through all experts of a source, in the order of its files, on several threads with memory for a blob each.</summary>
internal static unsafe class BlobSweep
{
    // experts that are in memory at once, unless one alone is larger
    private const long MaxBytes = 1L << 30;

    /// <summary>What is done with an expert.</summary>
    /// <param name="index">Number of the expert.</param>
    /// <param name="blob">Room for its blob, the thread's own; what it holds is left from the expert before.</param>
    public delegate void BlobAction(int index, byte* blob);

    /// <summary>Calls an action for each expert.</summary>
    /// <param name="source">Where the experts are.</param>
    /// <param name="layout">Their number and size.</param>
    /// <param name="options">Threads and progress.</param>
    /// <param name="action">The action; called by several threads at once.</param>
    /// <param name="cancellationToken">Stops between two experts.</param>
    public static void Run(
        IExpertSource source, PackLayout layout, MoeOptions options, BlobAction action, CancellationToken cancellationToken)
    {
        int[] inFileOrder = [.. Enumerable.Range(0, layout.Index.Count).OrderBy(PositionOf)];
        int next = -1;
        long bytesDone = 0;
        int degree = (int)Math.Clamp(MaxBytes / Math.Max(1, layout.BlobBytes), 1, options.ThreadsOrDefault);
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = degree, CancellationToken = cancellationToken };
        try
        {
            Parallel.For(0, degree, parallel, (_, state) =>
            {
                using NativeBuffer blob = new(layout.BlobBytes, PackLayout.Alignment);
                int i;
                while (!state.ShouldExitCurrentIteration && (i = Interlocked.Increment(ref next)) < inFileOrder.Length)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    action(inFileOrder[i], blob.Pointer);
                    long done = Interlocked.Add(ref bytesDone, layout.BlobBytes);
                    options.Progress?.Report(new Weights.LoadProgress(done, layout.DataBytes));
                }
            });
        }
        catch (AggregateException exception)
        {
            // several threads may have found faults; one clear error is enough
            ExceptionDispatchInfo.Throw(exception.InnerExceptions[0]);
        }

        long PositionOf(int index)
        {
            (int layer, int expert) = layout.Index.At(index);
            return source.PositionOf(layer, expert);
        }
    }
}
