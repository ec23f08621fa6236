namespace MoeGen.Cli.Output;

/// <summary>The file that a command writes its result to.</summary>
internal static class OutputFile
{
    /// <summary>Refuses what cannot be a file's name: said now, not after minutes of computing.</summary>
    /// <param name="path">The file; it need not exist.</param>
    /// <exception cref="CliException">It is a folder, or lies in one that does not exist.</exception>
    public static void Check(string path)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } parent && !Directory.Exists(parent))
        {
            throw new CliException($"{path}: its folder does not exist; expected a file in an existing folder");
        }

        if (Directory.Exists(path))
        {
            throw new CliException($"{path} is a folder; expected the name of a file");
        }
    }
}
