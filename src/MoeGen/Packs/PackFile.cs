using MoeGen.Weights;

namespace MoeGen.Packs;

/// <summary>A file of a packed model, open for reading: all that its header says has been checked against the model.</summary>
internal sealed unsafe class PackFile : IDisposable
{
    private readonly SafetensorsFile _file;
    private readonly long _dataStart;
    private readonly ulong[] _checksums;
    private readonly int[] _verified; // [blobs] a bit each

    private PackFile(SafetensorsFile file, PackLayout layout, long dataStart, ulong[] checksums)
    {
        _file = file;
        Layout = layout;
        _dataStart = dataStart;
        _checksums = checksums;
        _verified = new int[(layout.NumBlobs + 31) / 32];
    }

    public SafetensorsFile File => _file;

    public PackLayout Layout { get; }

    /// <summary>The format in which a folder is packed; null: it is not a packed model.</summary>
    /// <exception cref="CheckpointException">The pack is damaged.</exception>
    public static WeightFormat? FormatOf(string folder)
    {
        if (!PackLayout.IsPacked(folder))
        {
            return null;
        }

        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, PackLayout.FileName));
        return PackMetadata.Read(file).Format;
    }

    /// <summary>Opens a file of a folder and checks its header.</summary>
    /// <param name="folder">The packed model.</param>
    /// <param name="layout">What the file must hold.</param>
    /// <exception cref="CheckpointException">It is missing, damaged, or of another model.</exception>
    public static PackFile Open(string folder, PackLayout layout)
    {
        string path = Path.Combine(folder, layout.File);
        if (!System.IO.File.Exists(path))
        {
            throw new CheckpointException(
                folder, $"has no {layout.File}; expected all files that `moegen pack` has written; run it again");
        }

        SafetensorsFile file = SafetensorsFile.Open(path);
        try
        {
            PackMetadata metadata = PackMetadata.Read(file, layout);
            return new PackFile(file, layout, FindData(file, layout), metadata.Checksums);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>First byte of a blob, from the start of the file; a multiple of <see cref="PackLayout.Alignment"/>.</summary>
    /// <param name="blob">0-based blob.</param>
    public long OffsetOf(int blob) => _dataStart + (blob * Layout.BlobBytes);

    /// <summary>Reads a blob and compares its checksum.</summary>
    /// <param name="blob">0-based blob.</param>
    /// <param name="destination">Receives its bytes.</param>
    /// <exception cref="CheckpointException">They are not those that were packed.</exception>
    public void Read(int blob, byte* destination)
    {
        _file.Read(OffsetOf(blob), destination, Layout.LengthOf(blob));
        Verify(blob, destination);
    }

    /// <summary>Compares the checksum of a blob that has been read, the first time that it has been.</summary>
    /// <param name="blob">0-based blob.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <exception cref="CheckpointException">They are not those that were packed.</exception>
    public void Verify(int blob, byte* bytes)
    {
        int bit = 1 << (blob % 32);
        if ((Volatile.Read(ref _verified[blob / 32]) & bit) != 0)
        {
            return;
        }

        ulong found = XxHash64.Of(bytes, Layout.LengthOf(blob)), expected = _checksums[blob];
        if (found != expected)
        {
            throw new CheckpointException(
                _file.Path,
                $"{Layout.Describe(blob)} has checksum {found:x16}; expected {expected:x16}; "
                + "the file or the disk is damaged: run `moegen pack` again");
        }

        Interlocked.Or(ref _verified[blob / 32], bit);
    }

    public void Dispose() => _file.Dispose();

    // every tensor at its place: the offset of the first one
    private static long FindData(SafetensorsFile file, PackLayout layout)
    {
        long dataStart = -1, done = 0;
        IReadOnlyList<TensorOutline> tensors = layout.Tensors;
        foreach (TensorOutline tensor in tensors)
        {
            if (!file.Tensors.TryGetValue(tensor.Name, out TensorEntry? entry))
            {
                throw new WeightNotFoundException(file.Path, tensor.Name, "from the pack");
            }

            dataStart = dataStart < 0 ? DirectFile.RoundUp(entry.Offset) : dataStart;
            long expected = dataStart + done;
            if (entry.Type != tensor.Type || !entry.Shape.SequenceEqual(tensor.Shape) || entry.Offset != expected)
            {
                throw new CheckpointException(
                    file.Path,
                    $"tensor {tensor.Name} is {entry.Type.Name()} [{string.Join(", ", entry.Shape)}] at byte {entry.Offset}; "
                    + $"expected {tensor.Type.Name()} [{string.Join(", ", tensor.Shape)}] at byte {expected}; run `moegen pack` again");
            }

            done += tensor.Length;
        }

        return file.Tensors.Count == tensors.Count
            ? Math.Max(dataStart, 0)
            : throw new CheckpointException(
                file.Path, $"holds {file.Tensors.Count} tensors; expected {tensors.Count}; run `moegen pack` again");
    }
}
