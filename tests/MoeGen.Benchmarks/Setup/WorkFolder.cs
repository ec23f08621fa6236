namespace MoeGen.Benchmarks.Setup;

/// <summary>The folder for models and traces. A temporary one is deleted in the end.</summary>
internal sealed class WorkFolder : IDisposable
{
    private readonly bool _isTemporary;

    private WorkFolder(string path, bool isTemporary)
    {
        Path = path;
        _isTemporary = isTemporary;
        Directory.CreateDirectory(path);
    }

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Makes the folder.</summary>
    /// <param name="path">Where; null: a temporary one where git ignores it, on the disk of the repository.</param>
    public static WorkFolder Open(string? path) => path is not null
        ? new WorkFolder(System.IO.Path.GetFullPath(path), isTemporary: false)
        : new WorkFolder(System.IO.Path.Combine(RepositoryFolders.Artifacts, $"offloading-{Environment.ProcessId}"), isTemporary: true);

    /// <summary>Refuses to begin what the disk has no room for.</summary>
    /// <param name="bytes">Bytes that will be written.</param>
    /// <exception cref="BenchmarkException">Fewer are free.</exception>
    public void RequireSpace(long bytes)
    {
        ByteSize needed = new(bytes), free = new(new DriveInfo(Path).AvailableFreeSpace);
        if (free.Bytes < needed.Bytes)
        {
            throw new BenchmarkException(
                $"{Path}: has {free} free; expected {needed} for the wide model and its pack, see --work and --expert-bytes");
        }

        Console.Error.WriteLine($"{Path}: needs {needed}, {free} are free");
    }

    public void Dispose()
    {
        if (_isTemporary)
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
