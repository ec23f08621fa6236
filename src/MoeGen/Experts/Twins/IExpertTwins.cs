namespace MoeGen.Experts.Twins;

/// <summary>Smaller copies of experts, read and expanded into slots in the place of the experts. Safe from several threads.</summary>
internal unsafe interface IExpertTwins : IDisposable
{
    /// <summary>Pieces in which a twin is read, the same for all.</summary>
    int NumPieces { get; }

    /// <summary>Bytes that a piece takes from the disk.</summary>
    /// <param name="piece">0-based piece.</param>
    long SizeOfPiece(int piece);

    /// <summary>Reads a piece, checks it and expands it into a slot. Allocates nothing once every thread has read one.</summary>
    /// <param name="layer">0-based layer of the model.</param>
    /// <param name="expert">0-based expert of the layer.</param>
    /// <param name="piece">0-based piece.</param>
    /// <param name="slot">First byte of the slot.</param>
    /// <exception cref="IOException">The disk failed; worth another try.</exception>
    /// <exception cref="MoeGenException">The twin is damaged; another try would not help.</exception>
    void Read(int layer, int expert, int piece, byte* slot);
}
