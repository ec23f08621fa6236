namespace MoeGen.Tests.Experts.Prefetch;

internal static class Allocations
{
    /// <summary>
    /// Bytes that a run of this allocates on the managed heap. What it allocates shows in every run; what the runtime allocates once for
    /// itself, in one: the fewest of some runs count, after one that warms up.
    /// </summary>
    public static long Of(Action run)
    {
        run();
        long fewest = long.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            run();
            fewest = Math.Min(fewest, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return fewest;
    }
}
