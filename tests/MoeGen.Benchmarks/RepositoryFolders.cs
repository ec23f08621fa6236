namespace MoeGen.Benchmarks;

/// <summary>The repository that this program was built from: its docs, its texts, and a place for large files that git ignores.</summary>
internal static class RepositoryFolders
{
    private const string SolutionName = "MoeGen.sln";

    public static string Docs => Path.Combine(Root, "docs");

    public static string Artifacts => Path.Combine(Root, "artifacts");

    /// <summary>Texts that prompts are cut from, by name.</summary>
    public static string[] Texts =>
        [.. Directory.GetFiles(Path.Combine(Root, "tests", "MoeGen.Benchmarks", "text"), "*.txt").Order(StringComparer.Ordinal)];

    private static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, SolutionName)))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new BenchmarkException($"{AppContext.BaseDirectory}: no {SolutionName} above; expected a clone");
    }
}
