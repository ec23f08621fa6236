namespace MoeGen.Experts;

/// <summary>An expert could not be read from the disk, although it was tried several times. The model stays usable.</summary>
public sealed class ExpertReadException : MoeGenException
{
    internal ExpertReadException(int layer, int expert, int attempts, Exception cause)
        : base(
            $"expert {expert} of layer {layer} could not be read in {attempts} attempts: {cause.Message.TrimEnd('.')}; "
            + "the text can go on once the file can be read again",
            cause)
    {
        Layer = layer;
        Expert = expert;
    }

    /// <summary>0-based layer of the model.</summary>
    public int Layer { get; }

    /// <summary>0-based expert of the layer.</summary>
    public int Expert { get; }
}
