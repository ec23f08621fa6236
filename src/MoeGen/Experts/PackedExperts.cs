using MoeGen.Experts.Twins;
using MoeGen.Packs;
using MoeGen.Weights;

namespace MoeGen.Experts;

/// <summary>
/// Experts from a pack: a blob goes from the disk into its slot as it is. Its checksum is compared the first time that it has been read.
/// </summary>
/// <param name="pack">The pack; disposed with this source.</param>
/// <param name="twins">Its twins, if they are needed; disposed with this source.</param>
internal sealed unsafe class PackedExperts(PackFile pack, IExpertTwins? twins = null) : IExpertSource
{
    // long enough for the full speed of a disk, short enough to let a more urgent read come between
    private const long MaxBytesPerPiece = 2 << 20;

    private readonly ExpertIndex _index = new(pack.Layout.Info);
    private readonly long _blobBytes = pack.Layout.BlobBytes;
    private readonly long _bytesPerPiece = DirectFile.RoundUp((pack.Layout.BlobBytes + CountPieces(pack) - 1) / CountPieces(pack));

    public int NumPieces => CountPieces(pack);

    public IExpertTwins? Twins => twins;

    /// <summary>Whether reads bypass the page cache.</summary>
    public bool IsDirect => pack.File.IsDirect;

    public long SizeOfPieces(int numPieces) => Math.Min(numPieces * _bytesPerPiece, _blobBytes);

    public long PositionOf(int layer, int expert) => pack.OffsetOf(_index.Of(layer, expert));

    /// <inheritdoc/>
    /// <remarks>The slot holds a whole blob: a multiple of 4096 bytes.</remarks>
    public void Read(int layer, int expert, int piece, byte* slot)
    {
        long first = piece * _bytesPerPiece;
        pack.File.Read(PositionOf(layer, expert) + first, slot + first, SizeOfPieces(piece + 1) - first);
    }

    public void Verify(int layer, int expert, byte* slot) => pack.Verify(_index.Of(layer, expert), slot);

    public void Dispose()
    {
        pack.Dispose();
        twins?.Dispose();
    }

    private static int CountPieces(PackFile pack) =>
        (int)Math.Max(1, (pack.Layout.BlobBytes + MaxBytesPerPiece - 1) / MaxBytesPerPiece);
}
