using System.Diagnostics;
using System.Text.Json.Nodes;

namespace MoeGen.Benchmarks;

/// <summary>The built `moegen`, run as a process of its own: its memory is measured from outside, as the system counts it.</summary>
/// <param name="workFolder">Where it keeps the code that it compiles for a model.</param>
internal sealed class MoegenTool(string workFolder)
{
    /// <summary>Runs a command that prints one JSON object.</summary>
    /// <param name="arguments">Command and options; --json is added.</param>
    /// <param name="cancellationToken">Ends the process.</param>
    /// <exception cref="BenchmarkException">The tool failed; the message is its last line.</exception>
    public async Task<ToolResult> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        string host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        string program = Path.Combine(AppContext.BaseDirectory, "MoeGen.Cli.dll");
        ProcessStartInfo start = new(host, [program, .. arguments, "--json"]);
        start.Environment["MOEGEN_CACHE"] = Path.Combine(workFolder, "cache");
        long started = Stopwatch.GetTimestamp();
        ChildProcess child = await ChildProcess.RunAsync(start, $"moegen {string.Join(' ', arguments)}", cancellationToken);
        return new ToolResult(JsonNode.Parse(child.Output)!.AsObject(), child.PeakResidentBytes, Stopwatch.GetElapsedTime(started));
    }
}

/// <summary>What a run of the tool came to.</summary>
/// <param name="Json">The object that it printed.</param>
/// <param name="PeakResidentBytes">Most memory that was resident at once, read from outside; 0 where the system does not tell.</param>
/// <param name="Time">How long the process ran.</param>
internal sealed record ToolResult(JsonObject Json, long PeakResidentBytes, TimeSpan Time);
