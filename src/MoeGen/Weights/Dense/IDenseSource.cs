namespace MoeGen.Weights.Dense;

/// <summary>
/// Where everything outside the experts is read from: a pack, or the tensors of a checkpoint. Reads by position, from several threads at
/// once.
/// </summary>
internal unsafe interface IDenseSource : IDisposable
{
    /// <summary>Pieces that are read one by one; in their order reading goes forwards.</summary>
    int NumPieces { get; }

    /// <summary>Bytes that a piece takes from the disk.</summary>
    /// <param name="piece">0-based piece.</param>
    long SizeOfPiece(int piece);

    /// <summary>Reads one piece into its place and checks it.</summary>
    /// <param name="piece">0-based piece.</param>
    /// <param name="block">First byte of the block of <see cref="DenseLayout"/>, zeros before; a multiple of 4096.</param>
    /// <param name="cancellationToken">Stops between parts of a large piece.</param>
    /// <exception cref="IOException">The disk failed.</exception>
    /// <exception cref="MoeGenException">The file is damaged, or a value is not finite.</exception>
    void Read(int piece, byte* block, CancellationToken cancellationToken);
}
