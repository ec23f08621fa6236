using MoeGen.Packs;
using MoeGen.Weights;

namespace MoeGen.Experts;

/// <summary>
/// Experts from a pack: a blob goes from the disk into its slot as it is. Its checksum is compared the first time that it has been read.
/// </summary>
/// <param name="pack">The pack; disposed with this source.</param>
internal sealed unsafe class PackedExperts(ExpertPack pack) : IExpertSource
{
    // long enough for the full speed of a disk, short enough to let a more urgent read come between
    private const long MaxBytesPerPiece = 2 << 20;

    private readonly long _blobBytes = pack.Layout.BlobBytes;
    private readonly long _bytesPerPiece = DirectFile.RoundUp((pack.Layout.BlobBytes + CountPieces(pack) - 1) / CountPieces(pack));
    private readonly int[] _verified = new int[(pack.Layout.Index.Count + 31) / 32]; // [experts] a bit each

    public int NumPieces => CountPieces(pack);

    /// <summary>Whether reads bypass the page cache.</summary>
    public bool IsDirect => pack.File.IsDirect;

    public long SizeOfPieces(int numPieces) => Math.Min(numPieces * _bytesPerPiece, _blobBytes);

    public long PositionOf(int layer, int expert) => pack.OffsetOf(pack.Layout.Index.Of(layer, expert));

    /// <inheritdoc/>
    /// <remarks>The slot holds a whole blob: a multiple of 4096 bytes.</remarks>
    public void Read(int layer, int expert, int piece, byte* slot)
    {
        long first = piece * _bytesPerPiece;
        pack.File.Read(PositionOf(layer, expert) + first, slot + first, SizeOfPieces(piece + 1) - first);
    }

    public void Verify(int layer, int expert, byte* slot)
    {
        int index = pack.Layout.Index.Of(layer, expert), bit = 1 << (index % 32);
        if ((Volatile.Read(ref _verified[index / 32]) & bit) != 0)
        {
            return;
        }

        ulong checksum = XxHash64.Of(slot, _blobBytes), expected = pack.ChecksumOf(index);
        if (checksum != expected)
        {
            throw new CheckpointException(
                pack.File.Path,
                $"expert {expert} of layer {layer} has checksum {checksum:x16}; expected {expected:x16}; "
                + "the file or the disk is damaged: run `moegen pack` again");
        }

        Interlocked.Or(ref _verified[index / 32], bit);
    }

    public void Dispose() => pack.Dispose();

    private static int CountPieces(ExpertPack pack) =>
        (int)Math.Max(1, (pack.Layout.BlobBytes + MaxBytesPerPiece - 1) / MaxBytesPerPiece);
}
