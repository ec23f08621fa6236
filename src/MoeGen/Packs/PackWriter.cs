using Microsoft.Win32.SafeHandles;
using MoeGen.Weights;

namespace MoeGen.Packs;

/// <summary>
/// Writes the file of experts, or that of their twins, blob by blob, in any order and from several threads, beside a journal from which a
/// later run goes on.
/// </summary>
internal sealed unsafe class PackWriter : IDisposable
{
    public const string JournalName = "journal";
    public const string TwinsJournalName = "twins.journal";

    // a span holds no more than an int of bytes
    private const int MaxBytesPerCall = 1 << 30;

    private readonly PackLayout _layout;
    private readonly SafeFileHandle _file;
    private readonly PackJournal _journal;
    private readonly ulong[] _checksums; // [experts]
    private readonly long _dataStart;

    /// <summary>Begins a pack, or goes on with one.</summary>
    /// <param name="folder">The folder of the unfinished pack; what belongs to another origin is deleted.</param>
    /// <param name="layout">The layout.</param>
    /// <param name="origin">What it is made from, see <see cref="PackOrigin"/>.</param>
    /// <exception cref="IOException">The disk has no room for all of it.</exception>
    public PackWriter(string folder, PackLayout layout, string origin)
    {
        _layout = layout;
        _checksums = new ulong[layout.Index.Count];
        _dataStart = CreateHeader().Length;
        _journal = PackJournal.Open(Path.Combine(folder, JournalOf(layout)), origin, out bool isNew);
        try
        {
            if (isNew)
            {
                Clear(folder, layout);
            }

            long length = _dataStart + layout.DataBytes;
            string path = Path.Combine(folder, layout.File);
            bool isThere = File.Exists(path);
            _file = File.OpenHandle(
                path, isThere ? FileMode.Open : FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None,
                preallocationSize: isThere ? 0 : length);
            if (RandomAccess.GetLength(_file) != length)
            {
                RandomAccess.SetLength(_file, length);
            }
        }
        catch
        {
            _journal.Dispose();
            throw;
        }
    }

    /// <summary>Whether anything has been finished that a later run need not do again.</summary>
    public bool HasFinished => _journal.HasFinished;

    /// <summary>Looks whether an earlier run has finished a blob, and whether it is still as it was.</summary>
    /// <param name="index">Number of the expert.</param>
    /// <param name="buffer">Room for a blob; holds it afterwards, if it was finished.</param>
    public bool IsFinished(int index, byte* buffer)
    {
        if (!_journal.WasFinished(index, out ulong checksum))
        {
            return false;
        }

        long offset = OffsetOf(index);
        for (long done = 0; done < _layout.BlobBytes;)
        {
            int count = RandomAccess.Read(_file, Part(buffer, done), offset + done);
            if (count == 0)
            {
                return false;
            }

            done += count;
        }

        PageCache.Drop(_file, offset, _layout.BlobBytes);
        _checksums[index] = checksum;
        return XxHash64.Of(buffer, _layout.BlobBytes) == checksum;
    }

    /// <summary>Writes a blob.</summary>
    /// <param name="index">Number of the expert.</param>
    /// <param name="blob">Its bytes.</param>
    public void Write(int index, byte* blob)
    {
        long offset = OffsetOf(index);
        for (long done = 0; done < _layout.BlobBytes; done += MaxBytesPerCall)
        {
            RandomAccess.Write(_file, Part(blob, done), offset + done);
        }

        PageCache.WriteOut(_file, offset, _layout.BlobBytes);
        _checksums[index] = XxHash64.Of(blob, _layout.BlobBytes);
        _journal.Add(index, _checksums[index]);
    }

    /// <summary>Writes the header, when all blobs are there; the file is complete and on the disk.</summary>
    public void Finish()
    {
        RandomAccess.Write(_file, CreateHeader(), 0);
        RandomAccess.FlushToDisk(_file);
    }

    public void Dispose()
    {
        _file.Dispose();
        _journal.Dispose();
    }

    // as long whatever the checksums are
    private byte[] CreateHeader()
    {
        TensorOutline[] blobs =
        [
            .. Enumerable.Range(0, _layout.Index.Count)
                .Select(index => new TensorOutline(_layout.TensorName(index), TensorType.U8, [_layout.BlobBytes])),
        ];
        return SafetensorsHeaderWriter.Write(blobs, PackMetadata.Of(_layout, _checksums).ToStrings(), PackLayout.Alignment);
    }

    private static string JournalOf(PackLayout layout) => layout.Twins is null ? JournalName : TwinsJournalName;

    // experts of another origin make all else of no use, twins only themselves
    private static void Clear(string folder, PackLayout layout)
    {
        foreach (string path in Directory.GetFiles(folder))
        {
            string name = Path.GetFileName(path);
            if (layout.Twins is null ? name != JournalName : name == layout.File)
            {
                File.Delete(path);
            }
        }
    }

    private long OffsetOf(int index) => _dataStart + (index * _layout.BlobBytes);

    private Span<byte> Part(byte* blob, long first) => new(blob + first, (int)Math.Min(_layout.BlobBytes - first, MaxBytesPerCall));
}
