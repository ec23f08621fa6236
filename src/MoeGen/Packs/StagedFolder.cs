using MoeGen.Weights;

namespace MoeGen.Packs;

/// <summary>
/// A folder that is made inside its destination, on the same disk, and whose files are moved there when they are complete: the destination
/// never holds half of a model under the names that a model has.
/// </summary>
internal sealed class StagedFolder
{
    private readonly string _destination;
    private readonly bool _isDestinationNew;

    /// <summary>Makes the folder, or finds the one of an earlier run.</summary>
    /// <param name="destination">Where the files are to go; made when it is missing.</param>
    /// <param name="name">Name of the folder inside of it.</param>
    public StagedFolder(string destination, string name)
    {
        _destination = destination;
        _isDestinationNew = !Directory.Exists(destination);
        Path = System.IO.Path.Combine(destination, name);
        WasThere = Directory.Exists(Path);
        Directory.CreateDirectory(Path);
    }

    public string Path { get; }

    /// <summary>Whether an earlier run has left it.</summary>
    public bool WasThere { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Moves the files to their destination and deletes the folder.</summary>
    /// <param name="last">The file that makes the destination a model; moved last.</param>
    /// <param name="without">Files that stay, and are deleted with the folder.</param>
    public void Publish(string last, params IReadOnlyCollection<string> without)
    {
        foreach (string name in Directory.GetFiles(Path).Select(path => System.IO.Path.GetFileName(path)))
        {
            // a run that was killed leaves what it had begun to write
            if (name != last && !without.Contains(name) && !name.EndsWith(SafetensorsWriter.TemporarySuffix, StringComparison.Ordinal))
            {
                Move(name);
            }
        }

        Move(last);
        Directory.Delete(Path, recursive: true);
    }

    /// <summary>Deletes the folder, and a destination that was made for it.</summary>
    public void Discard() => Directory.Delete(_isDestinationNew ? _destination : Path, recursive: true);

    private void Move(string name) => File.Move(this[name], System.IO.Path.Combine(_destination, name), overwrite: true);
}
