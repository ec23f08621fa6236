using System.Globalization;

namespace MoeGen.Packs;

/// <summary>
/// What has been finished of a pack: a text file with a line for its origin and one for each blob, number and checksum. A line that a crash
/// has cut off, or whose blob never came to the disk, costs no more than its blob: checksums are compared when packing goes on.
/// </summary>
internal sealed class PackJournal : IDisposable
{
    private readonly StreamWriter _writer;
    private readonly Dictionary<int, ulong> _finished; // checksums by number of the blob

    private PackJournal(StreamWriter writer, Dictionary<int, ulong> finished)
    {
        _writer = writer;
        _finished = finished;
    }

    /// <summary>Whether anything has been finished, in this run or an earlier one.</summary>
    public bool HasFinished { get; private set; }

    /// <summary>Opens a journal, or begins one.</summary>
    /// <param name="path">The file.</param>
    /// <param name="origin">What the pack is made from, on one line: a journal of something else does not count.</param>
    /// <param name="isNew">Whether nothing had been finished of this origin.</param>
    public static PackJournal Open(string path, string origin, out bool isNew)
    {
        Dictionary<int, ulong>? finished = File.Exists(path) ? Read(path, origin) : null;
        isNew = finished is null;
        StreamWriter writer = new(path, append: !isNew) { AutoFlush = true };
        if (isNew)
        {
            writer.WriteLine(origin);
        }
        else
        {
            // a line that was cut off must not run into the next one
            writer.WriteLine();
        }

        return new PackJournal(writer, finished ?? []) { HasFinished = finished?.Count > 0 };
    }

    /// <summary>The checksum with which an earlier run finished a blob.</summary>
    public bool WasFinished(int index, out ulong checksum) => _finished.TryGetValue(index, out checksum);

    /// <summary>Records a blob; safe from several threads.</summary>
    public void Add(int index, ulong checksum)
    {
        string line = string.Create(CultureInfo.InvariantCulture, $"{index} {checksum:x16}");
        lock (_writer)
        {
            _writer.WriteLine(line);
            HasFinished = true;
        }
    }

    public void Dispose() => _writer.Dispose();

    // null: the journal of something else
    private static Dictionary<int, ulong>? Read(string path, string origin)
    {
        using StreamReader reader = new(path);
        if (reader.ReadLine() != origin)
        {
            return null;
        }

        Dictionary<int, ulong> finished = [];
        while (reader.ReadLine() is { } line)
        {
            string[] words = line.Split(' ');
            if (words.Length == 2 && words[1].Length == 16
                && int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out int index)
                && ulong.TryParse(words[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong checksum))
            {
                finished[index] = checksum;
            }
        }

        return finished;
    }
}
