namespace MoeGen.Benchmarks.Rooflines;

/// <summary>What a kernel took, beside what memory and arithmetic of the machine gave in the same minute.</summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="Format">Format of the weights, or of keys and values.</param>
/// <param name="NumTokens">Tokens of a run.</param>
/// <param name="NumThreads">Threads.</param>
/// <param name="Work">What a run has to do.</param>
/// <param name="Arithmetic">What it multiplies with.</param>
internal sealed record KernelResult(
    string Kernel, string Format, int NumTokens, int NumThreads, KernelWork Work, Arithmetic Arithmetic)
{
    /// <summary>Whether what it reads stays in a cache from run to run.</summary>
    public required bool IsCached { get; init; }

    /// <summary>Seconds of a run.</summary>
    public required double Seconds { get; init; }

    /// <summary>Bytes that a loop reads in a second from where the kernel reads.</summary>
    public required double ReadRate { get; init; }

    /// <summary>Operations that a loop in registers does in a second.</summary>
    public required double PeakRate { get; init; }

    public double SecondsPerToken => Seconds / NumTokens;

    public double ByteRate => Work.Bytes / Seconds;

    public double OperationRate => Work.Operations / Seconds;

    /// <summary>Whether reading takes longer than the arithmetic.</summary>
    public bool IsBoundByReading => Work.Bytes / ReadRate > Work.Operations / PeakRate;

    /// <summary>The least time that a run could take, by its own: 1 is as fast as reading, or the arithmetic, allows.</summary>
    public double ShareOfLimit => Math.Max(Work.Bytes / ReadRate, Work.Operations / PeakRate) / Seconds;

    /// <summary>What the limit is.</summary>
    public string Limit => !IsBoundByReading ? "arithmetic" : IsCached ? "cache" : "memory";
}
