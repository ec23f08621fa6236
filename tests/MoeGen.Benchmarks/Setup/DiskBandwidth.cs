using System.Diagnostics;
using MoeGen.Memory;
using MoeGen.Weights;

namespace MoeGen.Benchmarks.Setup;

/// <summary>How fast the disk gives what no cache has, read as the runtime reads experts: some threads, large pieces.</summary>
internal static class DiskBandwidth
{
    private const int NumThreads = 4; // as MoeOptions.Readers
    private const int PieceBytes = 2 << 20;

    private static readonly TimeSpan s_time = TimeSpan.FromSeconds(3);

    /// <summary>Bytes per second of a file, read in an order of chance.</summary>
    /// <param name="path">The file.</param>
    public static double Measure(string path)
    {
        using DirectFile file = DirectFile.Open(path);
        int numPieces = (int)Math.Max(1, file.Length / PieceBytes);
        int[] pieces = [.. Enumerable.Range(0, numPieces)];
        new Random(1).Shuffle(pieces);
        int next = -1;
        long bytes = 0, start = Stopwatch.GetTimestamp();
        void Read()
        {
            using NativeBuffer window = new(DirectFile.WindowBytes(PieceBytes), DirectFile.Alignment);
            while (Stopwatch.GetElapsedTime(start) < s_time)
            {
                long offset = (long)pieces[Interlocked.Increment(ref next) % numPieces] * PieceBytes;
                int count = (int)Math.Min(PieceBytes, file.Length - offset);
                file.Read(offset, count, window);
                Interlocked.Add(ref bytes, count);
            }
        }

        Task[] readers = [.. Enumerable.Range(0, NumThreads).Select(_ => Task.Factory.StartNew(Read, TaskCreationOptions.LongRunning))];
        Task.WaitAll(readers);
        return bytes / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
