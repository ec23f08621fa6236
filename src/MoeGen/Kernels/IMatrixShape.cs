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
