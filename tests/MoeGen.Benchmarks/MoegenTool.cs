using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace MoeGen.Benchmarks;

/// <summary>The built `moegen`, run as a process of its own: its memory is measured from outside, as the system counts it.</summary>
/// <param name="workFolder">Where it keeps the code that it compiles for a model.</param>
internal sealed class MoegenTool(string workFolder)
{
    private const string PeakKey = "VmHWM:";
    private const long BytesPerKiB = 1024;

    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(50);

    // Ctrl-C in a terminal reaches the tool as well, which then cleans up
    private static readonly TimeSpan s_timeToEnd = TimeSpan.FromSeconds(3);

    /// <summary>Runs a command that prints one JSON object.</summary>
    /// <param name="arguments">Command and options; --json is added.</param>
    /// <param name="cancellationToken">Ends the process.</param>
    /// <exception cref="BenchmarkException">The tool failed; the message is its last line.</exception>
    public async Task<ToolResult> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        string host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        string program = Path.Combine(AppContext.BaseDirectory, "MoeGen.Cli.dll");
        ProcessStartInfo start = new(host, [program, .. arguments, "--json"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["MOEGEN_CACHE"] = Path.Combine(workFolder, "cache");
        cancellationToken.ThrowIfCancellationRequested();
        long started = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        Task<string> error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        long peak = await WatchAsync(process, cancellationToken);
        if (process.ExitCode != 0)
        {
            string? line = (await error).Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault();
            throw new BenchmarkException($"moegen {string.Join(' ', arguments)}: exit code {process.ExitCode}: {line}");
        }

        return new ToolResult(JsonNode.Parse(await output)!.AsObject(), peak, Stopwatch.GetElapsedTime(started));
    }

    private static async Task<long> WatchAsync(Process process, CancellationToken cancellationToken)
    {
        long peak = 0;
        try
        {
            Task exit = process.WaitForExitAsync(cancellationToken);
            while (!exit.IsCompleted)
            {
                peak = Math.Max(peak, PeakResidentBytes(process.Id));
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
    private static long PeakResidentBytes(int processId)
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

/// <summary>What a run of the tool came to.</summary>
/// <param name="Json">The object that it printed.</param>
/// <param name="PeakResidentBytes">Most memory that was resident at once, read from outside; 0 where the system does not tell.</param>
/// <param name="Time">How long the process ran.</param>
internal sealed record ToolResult(JsonObject Json, long PeakResidentBytes, TimeSpan Time);
