using MoeGen.Engine;

namespace MoeGen.Benchmarks.Rooflines;

/// <summary>Times kernels in turn with the loops that they are compared with.</summary>
internal sealed class KernelTimer : IDisposable
{
    private const double Seconds = 0.6;
    private const int MinSlices = 5;

    // more than any last-level cache of one processor
    private const long LargestCache = 256L << 20;

    private readonly WorkerTeam[] _teams;

    /// <summary>Starts the threads.</summary>
    /// <param name="threadCounts">Threads to time kernels with.</param>
    public KernelTimer(IReadOnlyList<int> threadCounts)
    {
        _teams = [.. threadCounts.Select(count => new WorkerTeam(count))];
    }

    public List<KernelResult> Results { get; } = [];

    /// <summary>Times a kernel with every number of threads, and forgets it.</summary>
    /// <param name="kernel">The kernel; disposed.</param>
    /// <param name="cancellationToken">Stops before the next number of threads.</param>
    public void Measure(KernelCase kernel, CancellationToken cancellationToken)
    {
        using (kernel)
        {
            foreach (WorkerTeam team in _teams)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Measure(kernel, team);
            }
        }
    }

    public void Dispose() => Array.ForEach(_teams, team => team.Dispose());

    private void Measure(KernelCase kernel, WorkerTeam team)
    {
        ReadLoop read = new(kernel.Memory, team.Count);
        PeakLoop peak = new(kernel.Arithmetic, team.Count);
        TimedWork kernelWork = new(team, kernel.Run), readWork = new(team, read.Run), peakWork = new(team, (_, _) => peak.Run());
        TimedWork.Alternate(Seconds, MinSlices, kernelWork, readWork, peakWork);
        KernelResult result = new(kernel.Kernel, kernel.Format, kernel.NumTokens, team.Count, kernel.Work, kernel.Arithmetic)
        {
            IsCached = kernel.Memory.Length < LargestCache,
            Seconds = kernelWork.Seconds,
            ReadRate = read.Bytes / readWork.Seconds,
            PeakRate = peak.Operations / peakWork.Seconds,
        };
        Results.Add(result);
        Console.Error.WriteLine(
            $"{result.Kernel} {result.Format}, {result.NumTokens} token(s), {result.NumThreads} thread(s): "
            + $"{1e6 * result.SecondsPerToken:g4} us a token, {100 * result.ShareOfLimit:f0} % of {result.Limit}");
    }
}
