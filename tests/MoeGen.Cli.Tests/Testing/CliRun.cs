using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;

namespace MoeGen.Cli.Tests.Testing;

/// <summary>A run of the command line inside the test's process.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
internal sealed record CliRun(int ExitCode, string Output, string Error)
{
    /// <summary>Runs a command with an empty standard input.</summary>
    public static Task<CliRun> Of(params string[] args) => With("", CancellationToken.None, args);

    /// <summary>Runs a command.</summary>
    public static Task<CliRun> With(string input, CancellationToken cancellationToken, params string[] args) =>
        With(Encoding.UTF8.GetBytes(input), cancellationToken, args);

    /// <summary>Runs a command whose input need not be text.</summary>
    public static async Task<CliRun> With(byte[] input, CancellationToken cancellationToken, params string[] args)
    {
        using MemoryStream stdin = new(input), stdout = new();
        using StringWriter stderr = new();
        int exitCode = await CommandLine.RunAsync(args, new CliStreams(stdin, stdout, stderr, IsErrorTerminal: false), cancellationToken);
        return new CliRun(exitCode, Encoding.UTF8.GetString(stdout.ToArray()), stderr.ToString());
    }

    /// <summary>The one JSON object on standard output.</summary>
    public JsonObject Json()
    {
        Assert.True(ExitCode == ExitCodes.Done, Error);
        Assert.Equal(1, Output.Count(c => c == '\n'));
        return JsonNode.Parse(Output)!.AsObject();
    }

    /// <summary>Asserts a failure with one line that holds some texts. Notes of compiling may stand before it.</summary>
    public void AssertFailed(params string[] texts)
    {
        Assert.Equal(ExitCodes.Failed, ExitCode);
        string[] lines = Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string line = Assert.Single(lines, line => !line.Contains("compiling the code", StringComparison.Ordinal));
        Assert.Empty(Output);
        Assert.All(texts, text => Assert.Contains(text, line));
    }

    // models compiled by tests do not belong into the cache of whoever runs them
    [ModuleInitializer]
    internal static void UseCacheOfTheTests()
    {
        string folder = Directory.CreateTempSubdirectory("moegen-test-cache-").FullName;
        Environment.SetEnvironmentVariable("MOEGEN_CACHE", folder);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
    }
}
