using System.Diagnostics;
using System.Text.Json.Nodes;

namespace MoeGen.Cli.Tests.Testing;

/// <summary>A run of the command line in a process of its own: in that of the tests, others allocate at the same time.</summary>
/// <param name="Json">The one JSON object on standard output.</param>
/// <param name="PeakBytes">Most memory that was resident, as another process sees it; some milliseconds at the end may be missing.</param>
internal sealed record CliProcess(JsonObject Json, long PeakBytes)
{
    private const int IntervalMs = 5;

    /// <summary>Runs a command that ends well.</summary>
    public static CliProcess Run(params string[] args)
    {
        string cli = Path.Combine(AppContext.BaseDirectory, "MoeGen.Cli.dll");
        ProcessStartInfo start = new("dotnet", [cli, .. args]) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        long peak = 0;
        while (!process.WaitForExit(IntervalMs))
        {
            process.Refresh();
            peak = Math.Max(peak, PeakOf(process));
        }

        process.WaitForExit();
        Assert.Equal(ExitCodes.Done, process.ExitCode);
        return new CliProcess(JsonNode.Parse(output.Result)!.AsObject(), peak);
    }

    private static long PeakOf(Process process)
    {
        try
        {
            return process.PeakWorkingSet64;
        }
        catch (InvalidOperationException)
        {
            // it has just ended
            return 0;
        }
    }
}
