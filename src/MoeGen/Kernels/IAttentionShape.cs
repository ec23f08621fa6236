namespace MoeGen.Kernels;

/// <summary>Attention of some query heads over keys and values that groups of them share, as constants of a type.</summary>
public interface IAttentionShape
{
    /// <summary>Query heads.</summary>
    static abstract int NumHeads { get; }

    /// <summary>Key/value heads; divides the query heads.</summary>
    static abstract int NumKeyValueHeads { get; }

    /// <summary>Elements of a query, and of a key.</summary>
    static abstract int KeyDim { get; }

    /// <summary>Elements of a value, and of a head's output.</summary>
    static abstract int ValueDim { get; }

    /// <summary>Factor on the product of query and key, for instance <c>1 / sqrt(KeyDim)</c>.</summary>
    static abstract float Scale { get; }

    /// <summary>Positions a token sees, itself included; <see cref="int.MaxValue"/>, the default: all before it.</summary>
    static virtual int SlidingWindow => int.MaxValue;

    /// <summary>
    /// Positions of a chunk, and a token sees only those of its own chunk, <c>position / ChunkSize</c>; <see cref="int.MaxValue"/>, the
    /// default: one chunk of all.
    /// </summary>
    static virtual int ChunkSize => int.MaxValue;

    /// <summary>
    /// The value of a position is the beginning of its key, and the cache holds keys only, as latent attention has it. The default: values
    /// are stored on their own.
    /// </summary>
    static virtual bool ValuesAreKeys => false;
}
