using Xunit;

namespace MoeGen.Testing;

/// <summary>Files of the repository, found from wherever the tests run.</summary>
internal static class RepositoryFiles
{
    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The demo model with its weights.</summary>
    public static string DemoModel => Path.Combine(Root, "models", "demo");

    /// <summary>Reference cases: small checkpoints with expected logits and routing.</summary>
    public static string Cases => Path.Combine(Root, "tests", "cases");

    /// <summary>
    /// A folder beside the repository with further cases, configs and tokenizers. Not part of it: tests that need the folder are
    /// skipped where it is absent.
    /// </summary>
    public static string Shared => Path.GetFullPath(Path.Combine(Root, "..", "shared"));

    /// <summary>A path in <see cref="Shared"/>; skips the test where it is absent.</summary>
    public static string RequireShared(string relativePath)
    {
        string path = Path.Combine(Shared, relativePath);
        Assert.SkipUnless(Path.Exists(path), $"needs ../shared/{relativePath}, which is not part of the repository");
        return path;
    }

    /// <summary>Names of the folders below one, in order; none when it is absent.</summary>
    public static IEnumerable<string> FolderNames(string folder, string pattern = "*") =>
        Directory.Exists(folder)
            ? Directory.GetDirectories(folder, pattern).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)
            : [];

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "MoeGen.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException($"No MoeGen.sln above {AppContext.BaseDirectory}.");
    }
}
