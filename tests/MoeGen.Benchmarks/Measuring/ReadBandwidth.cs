using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using MoeGen.Benchmarks.Results;
using MoeGen.Engine;
using MoeGen.Memory;

namespace MoeGen.Benchmarks.Measuring;

/// <summary>How fast memory can be read that no cache holds: what bounds the decoding of a token.</summary>
internal static unsafe class ReadBandwidth
{
    private const int BufferBytes = 1 << 30;
    private const int LineBytes = 64;
    private const int NumStreams = 4;
    private const int Ahead = 16 * LineBytes;
    private const int Runs = 11;

    /// <summary>Bytes per second: the best of several loops, each at its median.</summary>
    /// <param name="threads">Threads that read, each a part of its own.</param>
    public static double Measure(int threads)
    {
        using NativeBuffer buffer = new(BufferBytes);
        new Span<byte>(buffer.Pointer, BufferBytes).Fill(1); // pages that were never written are all one page
        using WorkerTeam team = new(threads);
        byte* start = (byte*)buffer.Pointer;
        long part = BufferBytes / threads / (NumStreams * LineBytes) * (NumStreams * LineBytes);
        return Math.Max(
            MedianOf(team, part, worker => ReadInOrder(start + (worker.Index * part), part)),
            MedianOf(team, part, worker => ReadInStreams(start + (worker.Index * part), part)));
    }

    private static double MedianOf(WorkerTeam team, long partBytes, Func<Worker, Vector512<long>> read)
    {
        Action<Worker> run = worker => GC.KeepAlive(read(worker)[0] == 0 ? worker : null);
        team.Run(run);
        return Median.Of(Enumerable.Range(0, Runs).Select(_ =>
        {
            long start = Stopwatch.GetTimestamp();
            team.Run(run);
            return partBytes * team.Count / Stopwatch.GetElapsedTime(start).TotalSeconds;
        }));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static Vector512<long> ReadInOrder(byte* from, long count)
    {
        Vector512<long> a = default, b = default, c = default, d = default;
        for (byte* end = from + count; from < end; from += NumStreams * LineBytes)
        {
            a |= Vector512.Load((long*)from);
            b |= Vector512.Load((long*)(from + LineBytes));
            c |= Vector512.Load((long*)(from + (2 * LineBytes)));
            d |= Vector512.Load((long*)(from + (3 * LineBytes)));
        }

        return a | b | c | d;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static Vector512<long> ReadInStreams(byte* from, long count)
    {
        Vector512<long> a = default, b = default, c = default, d = default;
        long quarter = count / NumStreams;
        byte* p = from, q = p + quarter, r = q + quarter, s = r + quarter;
        for (long i = 0; i < quarter; i += LineBytes)
        {
            if (Sse.IsSupported)
            {
                Sse.Prefetch0(p + i + Ahead);
                Sse.Prefetch0(q + i + Ahead);
                Sse.Prefetch0(r + i + Ahead);
                Sse.Prefetch0(s + i + Ahead);
            }

            a |= Vector512.Load((long*)(p + i));
            b |= Vector512.Load((long*)(q + i));
            c |= Vector512.Load((long*)(r + i));
            d |= Vector512.Load((long*)(s + i));
        }

        return a | b | c | d;
    }
}
