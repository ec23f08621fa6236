namespace MoeGen.Generator.Spec;

/// <summary>
/// How float32 lies in memory outside the matrices, the same rule as in the library: filled up with zeros to a multiple of 32 elements;
/// rows of activations are never a multiple of a page apart.
/// </summary>
internal static class RowLayout
{
    private const int BytesPerElement = 4;
    private const int PageLength = 1024;
    private const int LineLength = 16;

    /// <summary>Bytes of a vector of weights.</summary>
    public static long VectorBytes(int length) => MatrixLayout.PaddedColumns(length) * BytesPerElement;

    /// <summary>Bytes from one row of activations to the next.</summary>
    public static long RowBytes(int width)
    {
        long length = MatrixLayout.PaddedColumns(width);
        return (length % PageLength == 0 ? length + LineLength : length) * BytesPerElement;
    }
}
