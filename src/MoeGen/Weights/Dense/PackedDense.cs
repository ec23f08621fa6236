using MoeGen.Packs;

namespace MoeGen.Weights.Dense;

/// <summary>
/// Everything outside the experts from a pack: a piece of the block goes from the disk to its place as it is, and is compared with its
/// checksum while others are read.
/// </summary>
/// <param name="pack">The file; disposed with this source.</param>
internal sealed unsafe class PackedDense(PackFile pack) : IDenseSource
{
    public int NumPieces => pack.Layout.NumBlobs;

    public long SizeOfPiece(int piece) => pack.Layout.LengthOf(piece);

    public void Read(int piece, byte* block, CancellationToken cancellationToken) =>
        pack.Read(piece, block + (piece * pack.Layout.BlobBytes));

    public void Dispose() => pack.Dispose();
}
