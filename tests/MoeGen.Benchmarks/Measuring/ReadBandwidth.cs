using MoeGen.Benchmarks.Rooflines;
using MoeGen.Engine;

namespace MoeGen.Benchmarks.Measuring;

/// <summary>How fast memory can be read that no cache holds: what bounds the decoding of a token.</summary>
internal static class ReadBandwidth
{
    private const long MemoryBytes = 1L << 30;
    private const double Seconds = 0.6;
    private const int MinSlices = 11;

    /// <summary>Bytes per second, from huge pages, in which experts lie as well.</summary>
    /// <param name="threads">Threads that share what is read.</param>
    public static double Measure(int threads)
    {
        using WeightMemory memory = new(MemoryBytes);
        using WorkerTeam team = new(threads);
        ReadLoop loop = new(memory.Range, threads);
        TimedWork work = new(team, loop.Run);
        TimedWork.Alternate(Seconds, MinSlices, work);
        return loop.Bytes / work.Seconds;
    }
}
