namespace MoeGen.Kernels;

/// <summary>
/// Shape of a matrix as constants of a type. Generated code declares one struct per shape; a kernel compiled for it has constant
/// loop bounds.
/// </summary>
public interface IMatrixShape
{
    /// <summary>Rows: outputs of the product.</summary>
    static abstract int Rows { get; }

    /// <summary>Columns: inputs of the product.</summary>
    static abstract int Columns { get; }
}

/// <summary>Shape of grouped-query attention as constants of a type.</summary>
public interface IAttentionShape
{
    /// <summary>Query heads.</summary>
    static abstract int NumHeads { get; }

    /// <summary>Key/value heads; divides the query heads.</summary>
    static abstract int NumKeyValueHeads { get; }

    /// <summary>Elements of one head.</summary>
    static abstract int HeadDim { get; }

    /// <summary>Positions a token sees, itself included; <see cref="int.MaxValue"/>: all before it.</summary>
    static abstract int SlidingWindow { get; }
}
