using MoeGen.Experts.Twins;

namespace MoeGen.Experts;

/// <summary>
/// Where experts are read from: an expert pack, or the tensors of a checkpoint. Reads by position, from several threads at once.
/// </summary>
internal unsafe interface IExpertSource : IDisposable
{
    /// <summary>Pieces in which an expert is read, the same for all; each takes few milliseconds, so that others can come between.</summary>
    int NumPieces { get; }

    /// <summary>Smaller copies of the experts; null: there are none, or nobody has asked for them.</summary>
    IExpertTwins? Twins => null;

    /// <summary>Bytes that the first pieces of an expert take from the disk.</summary>
    /// <param name="numPieces">How many; <see cref="NumPieces"/>: a whole expert.</param>
    long SizeOfPieces(int numPieces);

    /// <summary>Where an expert begins among all bytes of the source: loading many of them in this order reads forwards.</summary>
    /// <param name="layer">0-based layer of the model.</param>
    /// <param name="expert">0-based expert of the layer.</param>
    long PositionOf(int layer, int expert) => 0;

    /// <summary>Reads one piece into its place in a slot. Allocates nothing once every thread has read an expert.</summary>
    /// <param name="layer">0-based layer of the model, those of an encoder counted first.</param>
    /// <param name="expert">0-based expert of the layer.</param>
    /// <param name="piece">0-based piece.</param>
    /// <param name="slot">First byte of the slot; a multiple of 4096.</param>
    /// <exception cref="IOException">The disk failed; worth another try.</exception>
    /// <exception cref="MoeGenException">The file is damaged; another try would not help.</exception>
    void Read(int layer, int expert, int piece, byte* slot);

    /// <summary>Checks an expert all of whose pieces have been read, where the source can.</summary>
    /// <param name="layer">0-based layer of the model.</param>
    /// <param name="expert">0-based expert of the layer.</param>
    /// <param name="slot">First byte of the slot.</param>
    /// <exception cref="MoeGenException">The bytes are not those that were packed.</exception>
    void Verify(int layer, int expert, byte* slot);
}
