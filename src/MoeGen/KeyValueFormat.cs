namespace MoeGen;

/// <summary>How keys and values of a text are held in the KV cache.</summary>
public enum KeyValueFormat
{
    /// <summary>IEEE single precision, 4 bytes: what the model computes, to the last bit.</summary>
    F32,

    /// <summary>IEEE half precision, 2 bytes; up to 65504.</summary>
    F16,

    /// <summary>Blocks of 32 integers of a byte that share a scale in single precision: 9 bits an element.</summary>
    Q8,
}
