using System.CommandLine;
using MoeGen.Cli.Commands;

namespace MoeGen.Benchmarks;

/// <summary>Options that several benchmarks have.</summary>
internal static class SharedOptions
{
    public const int DefaultRounds = 3;

    private static readonly int[] s_defaultThreads = [1, 2];

    /// <summary>Where the page goes.</summary>
    public static Option<string> Docs() => new("--docs")
    {
        Description = "Folder of the page; default: docs.",
        HelpName = "DIR",
    };

    /// <summary>Where the wide model goes.</summary>
    public static Option<string?> Work() => new("--work")
    {
        Description = "Folder for the wide model, which stays there; default: a temporary folder in artifacts/, deleted at the end.",
        HelpName = "DIR",
    };

    public static Option<int?> Rounds() => RunOptions.Positive(
        "--rounds", $"Times that everything is measured, in alternating order; default: {DefaultRounds}.");

    public static Option<int[]> Threads() => new("--threads")
    {
        Description = $"Threads that compute; default: {string.Join(' ', s_defaultThreads)}.",
        HelpName = "N",
        AllowMultipleArgumentsPerToken = true,
    };

    public static Option<bool> SkipMeasurement(string description = "Takes what was measured last.") =>
        new("--skip-measurement") { Description = description };

    /// <summary>The folder, which is the repository's where none was given.</summary>
    public static string DocsFolder(this ParseResult parsed, Option<string> docs) => parsed.GetValue(docs) ?? RepositoryFolders.Docs;

    /// <summary>The numbers of threads, or the usual ones.</summary>
    public static int[] ThreadCounts(this ParseResult parsed, Option<int[]> threads) =>
        parsed.GetValue(threads) is { Length: > 0 } given ? given : s_defaultThreads;
}
