using System.Runtime.ExceptionServices;
using MoeGen.Memory;
using MoeGen.Weights;

namespace MoeGen.Packs;

/// <summary>Goes through all blobs of the files of a packed model, on several threads with memory for a blob each.</summary>
/// <param name="options">Threads and progress.</param>
/// <param name="bytesTotal">Bytes of all files.</param>
/// <param name="cancellationToken">Stops between two blobs.</param>
internal sealed unsafe class BlobSweep(MoeOptions options, long bytesTotal, CancellationToken cancellationToken)
{
    // blobs that are in memory at once, unless one alone is larger
    private const long MaxBytes = 1L << 30;

    private long _bytesDone;

    /// <summary>What is done with a blob.</summary>
    /// <param name="blob">0-based blob.</param>
    /// <param name="bytes">Room for it, the thread's own; what it holds is left from the blob before.</param>
    public delegate void BlobAction(int blob, byte* bytes);

    /// <summary>Calls an action for each blob of a file.</summary>
    /// <param name="layout">Number and size of the blobs.</param>
    /// <param name="order">The blobs in the order in which they are begun.</param>
    /// <param name="action">The action; called by several threads at once.</param>
    public void Run(PackLayout layout, IEnumerable<int> order, BlobAction action)
    {
        int[] blobs = [.. order];
        int next = -1;
        int degree = (int)Math.Clamp(MaxBytes / Math.Max(1, layout.BlobBytes), 1, options.ThreadsOrDefault);
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = degree, CancellationToken = cancellationToken };
        try
        {
            Parallel.For(0, degree, parallel, (_, state) =>
            {
                using NativeBuffer bytes = new(layout.BlobBytes, PackLayout.Alignment);
                int i;
                while (!state.ShouldExitCurrentIteration && (i = Interlocked.Increment(ref next)) < blobs.Length)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    action(blobs[i], bytes.Pointer);
                    long done = Interlocked.Add(ref _bytesDone, layout.LengthOf(blobs[i]));
                    options.Progress?.Report(new LoadProgress(done, bytesTotal));
                }
            });
        }
        catch (AggregateException exception)
        {
            // several threads may have found faults; one clear error is enough
            ExceptionDispatchInfo.Throw(exception.InnerExceptions[0]);
        }
    }

    /// <summary>Reads all of a file and compares its checksums.</summary>
    public void Check(PackFile file) => Run(file.Layout, Enumerable.Range(0, file.Layout.NumBlobs), file.Read);
}
