using Microsoft.Win32.SafeHandles;
using MoeGen.Weights;

namespace MoeGen.Packs;

/// <summary>
/// Writes a file of a pack blob by blob, in any order and from several threads, beside a journal from which a later run goes on.
/// </summary>
internal sealed unsafe class PackWriter : IDisposable
{
    // a span holds no more than an int of bytes
    private const int MaxBytesPerCall = 1 << 30;

    private readonly PackLayout _layout;
    private readonly SafeFileHandle _file;
    private readonly PackJournal _journal;
    private readonly ulong[] _checksums; // [blobs]
    private readonly long _dataStart;

    /// <summary>Begins a pack, or goes on with one.</summary>
    /// <param name="folder">The folder of the unfinished pack; what belongs to another origin is deleted.</param>
    /// <param name="layout">The layout.</param>
    /// <param name="origin">What it is made from, see <see cref="PackOrigin"/>.</param>
    /// <exception cref="IOException">The disk has no room for all of it.</exception>
    public PackWriter(string folder, PackLayout layout, string origin)
    {
        _layout = layout;
        _checksums = new ulong[layout.NumBlobs];
        _dataStart = CreateHeader().Length;
        _journal = PackJournal.Open(Path.Combine(folder, layout.JournalName), origin, out bool isNew);
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
    /// <param name="blob">0-based blob.</param>
    /// <param name="buffer">Room for it; holds it afterwards, if it was finished.</param>
    public bool IsFinished(int blob, byte* buffer)
    {
        if (!_journal.WasFinished(blob, out ulong checksum))
        {
            return false;
        }

        long offset = OffsetOf(blob), length = _layout.LengthOf(blob);
        for (long done = 0; done < length;)
        {
            int count = RandomAccess.Read(_file, Part(buffer, done, length), offset + done);
            if (count == 0)
            {
                return false;
            }

            done += count;
        }

        PageCache.Drop(_file, offset, length);
        _checksums[blob] = checksum;
        return XxHash64.Of(buffer, length) == checksum;
    }

    /// <summary>Writes a blob.</summary>
    /// <param name="blob">0-based blob.</param>
    /// <param name="bytes">Its bytes.</param>
    public void Write(int blob, byte* bytes)
    {
        long offset = OffsetOf(blob), length = _layout.LengthOf(blob);
        for (long done = 0; done < length; done += MaxBytesPerCall)
        {
            RandomAccess.Write(_file, Part(bytes, done, length), offset + done);
        }

        PageCache.WriteOut(_file, offset, length);
        _checksums[blob] = XxHash64.Of(bytes, length);
        _journal.Add(blob, _checksums[blob]);
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
    private byte[] CreateHeader() =>
        SafetensorsHeaderWriter.Write(_layout.Tensors, PackMetadata.Write(_layout, _checksums), PackLayout.Alignment);

    // experts of another origin make all else of no use, other files only themselves
    private static void Clear(string folder, PackLayout layout)
    {
        foreach (string path in Directory.GetFiles(folder))
        {
            string name = Path.GetFileName(path);
            if (layout.File == PackLayout.FileName ? name != layout.JournalName : name == layout.File)
            {
                File.Delete(path);
            }
        }
    }

    private long OffsetOf(int blob) => _dataStart + (blob * _layout.BlobBytes);

    private static Span<byte> Part(byte* bytes, long first, long length) =>
        new(bytes + first, (int)Math.Min(length - first, MaxBytesPerCall));
}
