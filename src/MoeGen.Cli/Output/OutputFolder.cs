using MoeGen.Cli.Models;
using MoeGen.Packs;

namespace MoeGen.Cli.Output;

/// <summary>The folder that a command makes a model in.</summary>
internal static class OutputFolder
{
    /// <summary>Refuses a folder that holds something else, before anything is read.</summary>
    /// <param name="path">The folder; it need not exist.</param>
    /// <param name="source">The model that is read.</param>
    /// <param name="partialName">Name of the folder in it that a run of the same command may have left unfinished.</param>
    /// <exception cref="CliException">Files in it would be lost or mixed up.</exception>
    public static void Check(string path, ModelFolder source, string partialName)
    {
        if (File.Exists(path))
        {
            throw new CliException($"{path}: is a file; expected a folder");
        }

        if (!Directory.Exists(path))
        {
            return;
        }

        if (RealPath(path) == RealPath(source.Path))
        {
            throw new CliException($"{path}: is the model itself; expected another folder");
        }

        if (PackLayout.IsPacked(path))
        {
            throw new CliException($"{path}: holds a packed model already; expected an empty or new folder");
        }

        bool isPartial = Directory.Exists(Path.Combine(path, partialName));
        if (!isPartial && Directory.EnumerateFileSystemEntries(path).Any())
        {
            throw new CliException($"{path}: is not empty; expected an empty or new folder");
        }
    }

    private static string RealPath(string folder)
    {
        DirectoryInfo info = new(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        return info.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? info.FullName;
    }
}
