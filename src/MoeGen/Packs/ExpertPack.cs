using MoeGen.Weights;

namespace MoeGen.Packs;

/// <summary>An expert pack, open for reading: all that its header says has been checked against the model.</summary>
internal sealed class ExpertPack : IDisposable
{
    private readonly long _dataStart;
    private readonly ulong[] _checksums;

    private ExpertPack(SafetensorsFile file, PackLayout layout, long dataStart, ulong[] checksums)
    {
        File = file;
        Layout = layout;
        _dataStart = dataStart;
        _checksums = checksums;
    }

    public SafetensorsFile File { get; }

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

    /// <summary>Opens the pack of a folder and checks its header.</summary>
    /// <param name="folder">The packed model.</param>
    /// <param name="info">The model, with the format that its experts are held in.</param>
    /// <exception cref="CheckpointException">It is damaged, or a pack of another model.</exception>
    public static ExpertPack Open(string folder, ModelInfo info)
    {
        SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, PackLayout.FileName));
        try
        {
            PackMetadata metadata = PackMetadata.Read(file);
            CheckModel(file, metadata, info);
            PackLayout layout = new(info);
            return new ExpertPack(file, layout, FindBlobs(file, layout), metadata.Checksums);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>First byte of an expert, from the start of the file; a multiple of <see cref="PackLayout.Alignment"/>.</summary>
    /// <param name="index">Number of the expert.</param>
    public long OffsetOf(int index) => _dataStart + (index * Layout.BlobBytes);

    /// <summary>XXH64 of an expert's blob.</summary>
    /// <param name="index">Number of the expert.</param>
    public ulong ChecksumOf(int index) => _checksums[index];

    public void Dispose() => File.Dispose();

    private static void CheckModel(SafetensorsFile file, PackMetadata found, ModelInfo info)
    {
        if (found.Fingerprint != info.Fingerprint)
        {
            throw new CheckpointException(
                file.Path,
                $"is a pack of another model: fingerprint {found.Fingerprint} in {Name(found.Format)}; "
                + $"expected {info.Fingerprint} in {Name(info.WeightFormat)}; run `moegen pack` again");
        }

        // an equal fingerprint means an equal layout, unless the header is damaged
        PackMetadata expected = PackMetadata.Of(info, found.Checksums);
        if (found != expected || found.Checksums.Length != (long)found.NumLayers * found.NumExperts)
        {
            throw new CheckpointException(
                file.Path, $"has {Describe(found)} and {found.Checksums.Length} checksums; "
                + $"expected {Describe(expected)} and a checksum for each, as the config says; run `moegen pack` again");
        }
    }

    // every blob at its place: the offset of the first one
    private static long FindBlobs(SafetensorsFile file, PackLayout layout)
    {
        long? dataStart = null;
        for (int i = 0; i < layout.Index.Count; i++)
        {
            string name = layout.TensorName(i);
            if (!file.Tensors.TryGetValue(name, out TensorEntry? entry))
            {
                throw new WeightNotFoundException(file.Path, name, "from the pack");
            }

            dataStart ??= entry.Offset;
            long expected = dataStart.Value + (i * layout.BlobBytes);
            if (entry.Type != TensorType.U8 || entry.Length != layout.BlobBytes || entry.Shape.Count != 1
                || entry.Offset != expected || entry.Offset % PackLayout.Alignment != 0)
            {
                throw new CheckpointException(
                    file.Path,
                    $"tensor {name} is {entry.Type.Name()} [{string.Join(", ", entry.Shape)}] at byte {entry.Offset}; "
                    + $"expected U8 [{layout.BlobBytes}] at byte {DirectFile.RoundUp(expected)}; run `moegen pack` again");
            }
        }

        return file.Tensors.Count == layout.Index.Count
            ? dataStart ?? 0
            : throw new CheckpointException(
                file.Path, $"holds {file.Tensors.Count} tensors; expected {layout.Index.Count}, one for each expert");
    }

    private static string Describe(PackMetadata pack) =>
        $"{pack.NumLayers} layers of {pack.NumExperts} experts with {pack.ExpertBytes} bytes in {Name(pack.Format)}";

    private static string Name(WeightFormat format) => format.ToString().ToLowerInvariant();
}
