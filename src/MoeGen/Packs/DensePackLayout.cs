using System.Globalization;
using MoeGen.Weights;
using MoeGen.Weights.Dense;

namespace MoeGen.Packs;

/// <summary>
/// Where everything outside the experts lies in a pack: <c>dense.safetensors</c> has the block that a loaded model holds, byte for byte,
/// and names each tensor in it. Its blobs are pieces, whatever tensors begin or end in them.
/// </summary>
/// <param name="info">The model, with the format of the pack.</param>
/// <param name="dense">The block.</param>
internal sealed class DensePackLayout(ModelInfo info, DenseLayout dense) : PackLayout(info, DenseFileName)
{
    // a few milliseconds of disk: checksums are compared while other pieces are read; and 34 GB have no more than 8,000 of them
    private const long PieceBytes = 4 << 20;

    public override int NumBlobs => (int)((DataBytes + PieceBytes - 1) / PieceBytes);

    public override long BlobBytes => PieceBytes;

    public override long DataBytes => dense.SizeInBytes;

    public override IReadOnlyList<TensorOutline> Tensors =>
        [.. dense.Tensors.Select(tensor => new TensorOutline(tensor.Name, TensorType.U8, [tensor.SizeInBytes]))];

    public override IReadOnlyList<(string Key, string? Value)> Facts =>
        [("dense_bytes", Text(DataBytes)), ("piece_bytes", Text(PieceBytes))];

    public override string Describe(int blob) => $"piece {blob} of the weights outside the experts";

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
