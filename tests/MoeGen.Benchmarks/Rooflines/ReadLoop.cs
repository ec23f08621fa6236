using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MoeGen.Engine;
using MoeGen.Kernels;

namespace MoeGen.Benchmarks.Rooflines;

/// <summary>Reads memory as quickly as a thread can, and does nothing with it: what memory or a cache can give.</summary>
internal sealed unsafe class ReadLoop
{
    // a run is short beside a slice of time
    private const long MaxRunBytes = 4 << 20;

    // several streams come faster from memory than one, for kernels as for this loop
    private const int Streams = 4;
    private const int VectorsTogether = 2;

    private const int Granularity = Streams * VectorsTogether * 64; // bytes of the widest vector

    private readonly MemoryRange _memory;
    private readonly long _runBytes;

    /// <summary>Describes the loop.</summary>
    /// <param name="memory">What to read, a part in each run; at least 512 bytes for each thread.</param>
    /// <param name="numThreads">Threads that share a run.</param>
    public ReadLoop(MemoryRange memory, int numThreads)
    {
        _memory = memory;
        long granularity = (long)Granularity * numThreads;
        _runBytes = Math.Min(MaxRunBytes, memory.Length) / granularity * granularity;
        ArgumentOutOfRangeException.ThrowIfZero(_runBytes, nameof(memory));
    }

    /// <summary>Bytes that a run reads.</summary>
    public double Bytes => _runBytes;

    /// <summary>Reads a worker's share of the next part.</summary>
    public void Run(Worker worker, int run)
    {
        long share = _runBytes / worker.Count;
        byte* start = _memory.Start + (run % (_memory.Length / _runBytes) * _runBytes) + (worker.Index * share);
        if (Vector512.IsHardwareAccelerated)
        {
            _ = Read<Simd512, Vector512<float>>(start, share / Streams);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            _ = Read<Simd256, Vector256<float>>(start, share / Streams);
        }
        else
        {
            _ = Read<Simd128, Vector128<float>>(start, share / Streams);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Read<TSimd, TVector>(byte* start, long streamBytes)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        byte* s0 = start, s1 = s0 + streamBytes, s2 = s1 + streamBytes, s3 = s2 + streamBytes;
        nuint next = (nuint)(TSimd.Width * sizeof(float));
        TVector a0 = TSimd.Zero, a1 = TSimd.Zero, b0 = TSimd.Zero, b1 = TSimd.Zero;
        TVector c0 = TSimd.Zero, c1 = TSimd.Zero, d0 = TSimd.Zero, d1 = TSimd.Zero;
        for (nuint i = 0; i < (nuint)streamBytes; i += VectorsTogether * next)
        {
            a0 = TSimd.Add(a0, TSimd.Load((float*)(s0 + i)));
            b0 = TSimd.Add(b0, TSimd.Load((float*)(s1 + i)));
            c0 = TSimd.Add(c0, TSimd.Load((float*)(s2 + i)));
            d0 = TSimd.Add(d0, TSimd.Load((float*)(s3 + i)));
            a1 = TSimd.Add(a1, TSimd.Load((float*)(s0 + i + next)));
            b1 = TSimd.Add(b1, TSimd.Load((float*)(s1 + i + next)));
            c1 = TSimd.Add(c1, TSimd.Load((float*)(s2 + i + next)));
            d1 = TSimd.Add(d1, TSimd.Load((float*)(s3 + i + next)));
        }

        TVector even = TSimd.Add(TSimd.Add(a0, b0), TSimd.Add(c0, d0)), odd = TSimd.Add(TSimd.Add(a1, b1), TSimd.Add(c1, d1));
        return HorizontalSum.Of<TSimd, TVector>(TSimd.Add(even, odd));
    }
}
