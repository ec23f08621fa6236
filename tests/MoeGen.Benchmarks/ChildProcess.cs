using System.Diagnostics;
using System.Globalization;

namespace MoeGen.Benchmarks;

/// <summary>What a program came to that was run to its end.</summary>
/// <param name="Output">What it printed.</param>
/// <param name="PeakResidentBytes">Most memory that was resident at once, read from outside; 0 where the system does not tell.</param>
internal sealed record ChildProcess(string Output, long PeakResidentBytes)
{
    private const string PeakKey = "VmHWM:";
    private const long BytesPerKiB = 1024;

    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(50);

    // Ctrl-C in a terminal reaches the program as well, which then cleans up
    private static readonly TimeSpan s_timeToEnd = TimeSpan.FromSeconds(3);

    /// <summary>Runs a program.</summary>
    /// <param name="start">The program.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="BenchmarkException">It could not be started, or failed; the message is its last line.</exception>
    public static async Task<ChildProcess> RunAsync(ProcessStartInfo start, string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using Process process = Start(start, name);
        Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        Task<string> error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        long peak = await WatchAsync(process, cancellationToken);
        if (process.ExitCode != 0)
        {
            string? line = (await error).Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault();
            throw new BenchmarkException($"{name}: exit code {process.ExitCode}: {line}");
        }

        return new ChildProcess(await output, peak);
    }

    private static Process Start(ProcessStartInfo start, string name)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new BenchmarkException($"{name}: {start.FileName} cannot be started: {exception.Message}");
        }
    }

    private static async Task<long> WatchAsync(Process process, CancellationToken cancellationToken)
    {
        long peak = 0;
        try
        {
            Task exit = process.WaitForExitAsync(cancellationToken);
            while (!exit.IsCompleted)
            {
                peak = Math.Max(peak, ReadPeak(process.Id));
                await Task.WhenAny(exit, Task.Delay(s_pollInterval, CancellationToken.None));
            }

            await exit;
        }
        catch (OperationCanceledException)
        {
            await EndAsync(process);
            throw;
        }

        return peak;
    }

    private static async Task EndAsync(Process process)
    {
        using CancellationTokenSource grace = new(s_timeToEnd);
        try
        {
            await process.WaitForExitAsync(grace.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    // 0 when the process has ended, or where there is no such file
    private static long ReadPeak(int processId)
    {
        try
        {
            string? line = File.ReadLines($"/proc/{processId}/status")
                .FirstOrDefault(line => line.StartsWith(PeakKey, StringComparison.Ordinal));
            string? kilobytes = line?[PeakKey.Length..].Trim().Split(' ')[0];
            return long.TryParse(kilobytes, CultureInfo.InvariantCulture, out long count) ? count * BytesPerKiB : 0;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
