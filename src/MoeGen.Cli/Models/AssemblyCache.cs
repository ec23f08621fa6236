using System.Reflection;
using System.Runtime.Loader;

namespace MoeGen.Cli.Models;

/// <summary>
/// Compiled models of earlier runs, one file each. The file's name holds the spec's fingerprint and the identity of the runtime it was
/// compiled against, so an update of the tool never loads old code.
/// </summary>
internal static class AssemblyCache
{
    private const string FolderVariable = "MOEGEN_CACHE";

    /// <summary>The folder: MOEGEN_CACHE, or moegen in the user's cache folder.</summary>
    public static string Folder
    {
        get
        {
            if (Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } chosen)
            {
                return chosen;
            }

            string? cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
            if (string.IsNullOrEmpty(cache))
            {
                cache = OperatingSystem.IsWindows()
                    ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
                    : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
            }

            return Path.Combine(cache, "moegen");
        }
    }

    /// <summary>Where the assembly of a spec is kept.</summary>
    public static string PathOf(string fingerprint)
    {
        string generator = typeof(Generator.Emit.ModelEmitter).Assembly.ManifestModule.ModuleVersionId.ToString("N")[..8];
        string runtime = typeof(MoeModel).Assembly.ManifestModule.ModuleVersionId.ToString("N")[..8];
        return Path.Combine(Path.GetFullPath(Folder), $"{fingerprint}-{generator}-{runtime}.dll");
    }

    /// <summary>Loads a kept assembly; null when there is none, or none that can be used.</summary>
    public static Assembly? TryLoad(string path)
    {
        try
        {
            return File.Exists(path) ? AssemblyLoadContext.Default.LoadFromAssemblyPath(path) : null;
        }
        catch (Exception exception) when (exception is BadImageFormatException or IOException or UnauthorizedAccessException)
        {
            // damaged or out of reach: compiling again mends it
            return null;
        }
    }

    /// <summary>Keeps an assembly and loads it. A cache that cannot be written costs the next run time, not this one its success.</summary>
    public static Assembly Store(string path, byte[] image, Action<string> note)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);

            // written beside and renamed, so that a run at the same time never sees half a file
            string temporary = $"{path}.{Environment.ProcessId}.tmp";
            File.WriteAllBytes(temporary, image);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            note($"the compiled code cannot be kept in {Path.GetDirectoryName(path)}: {exception.Message}");
        }

        return AssemblyLoadContext.Default.LoadFromStream(new MemoryStream(image));
    }
}
