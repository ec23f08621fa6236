using MoeGen.Experts.Twins;
using MoeGen.Weights;

namespace MoeGen.Packs;

/// <summary>An expert pack, open for reading: all that its header says has been checked against the model.</summary>
internal sealed class ExpertPack : IDisposable
{
    private readonly long _dataStart;
    private readonly ulong[] _checksums;
    private readonly int[] _verified; // [experts] a bit each

    private ExpertPack(SafetensorsFile file, PackLayout layout, long dataStart, ulong[] checksums)
    {
        File = file;
        Layout = layout;
        _dataStart = dataStart;
        _checksums = checksums;
        _verified = new int[(layout.Index.Count + 31) / 32];
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
    public static ExpertPack Open(string folder, ModelInfo info) => Open(folder, new PackLayout(info));

    /// <summary>Opens the twins of a packed model and checks their header.</summary>
    /// <inheritdoc cref="Open(string, ModelInfo)"/>
    /// <param name="twins">The layout of a twin.</param>
    public static ExpertPack OpenTwins(string folder, ModelInfo info, TwinLayout twins) => Open(folder, PackLayout.OfTwins(info, twins));

    /// <summary>First byte of an expert, from the start of the file; a multiple of <see cref="PackLayout.Alignment"/>.</summary>
    /// <param name="index">Number of the expert.</param>
    public long OffsetOf(int index) => _dataStart + (index * Layout.BlobBytes);

    /// <summary>Compares the checksum of a blob that has been read, the first time that it has been.</summary>
    /// <param name="index">Number of the expert.</param>
    /// <param name="blob">Its bytes.</param>
    /// <exception cref="CheckpointException">They are not those that were packed.</exception>
    public unsafe void Verify(int index, byte* blob)
    {
        int bit = 1 << (index % 32);
        if ((Volatile.Read(ref _verified[index / 32]) & bit) != 0)
        {
            return;
        }

        ulong found = XxHash64.Of(blob, Layout.BlobBytes), expected = _checksums[index];
        if (found != expected)
        {
            (int layer, int expert) = Layout.Index.At(index);
            throw new CheckpointException(
                File.Path,
                $"{(Layout.Twins is null ? "" : "the twin of ")}expert {expert} of layer {layer} has checksum {found:x16}; "
                + $"expected {expected:x16}; the file or the disk is damaged: run `moegen pack` again");
        }

        Interlocked.Or(ref _verified[index / 32], bit);
    }

    public void Dispose() => File.Dispose();

    private static ExpertPack Open(string folder, PackLayout layout)
    {
        SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, layout.File));
        try
        {
            PackMetadata metadata = PackMetadata.Read(file);
            CheckModel(file, metadata, layout);
            return new ExpertPack(file, layout, FindBlobs(file, layout), metadata.Checksums);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static void CheckModel(SafetensorsFile file, PackMetadata found, PackLayout layout)
    {
        ModelInfo info = layout.Info;
        if (found.Fingerprint != info.Fingerprint)
        {
            throw new CheckpointException(
                file.Path,
                $"is a pack of another model: fingerprint {found.Fingerprint} in {Name(found.Format)}; "
                + $"expected {info.Fingerprint} in {Name(info.WeightFormat)}; run `moegen pack` again");
        }

        // an equal fingerprint means an equal layout, unless the header is damaged
        PackMetadata expected = PackMetadata.Of(layout, found.Checksums);
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
        $"{pack.NumLayers} layers of {pack.NumExperts} {(pack.Twins is null ? "experts" : $"twins in {pack.Twins}")} "
        + $"with {pack.ExpertBytes} bytes in {Name(pack.Format)}";

    private static string Name(WeightFormat format) => format.ToString().ToLowerInvariant();
}
