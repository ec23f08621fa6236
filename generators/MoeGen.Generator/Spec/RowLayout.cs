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
    private const int CacheLine = LineLength * BytesPerElement;

    /// <summary>Bytes of a vector of weights.</summary>
    public static long VectorBytes(int length) => MatrixLayout.PaddedColumns(length) * BytesPerElement;

    /// <summary>Bytes from one row of activations to the next.</summary>
    public static long RowBytes(int width)
    {
        long length = MatrixLayout.PaddedColumns(width);
        return (length % PageLength == 0 ? length + LineLength : length) * BytesPerElement;
    }

    /// <summary>
    /// Bytes from one row of quantised activations to the next: codes, then for each block a scale and an offset of 4 bytes; an odd number
    /// of cache lines.
    /// </summary>
    public static long QuantizedBytes(int width, int bytesPerCode)
    {
        long columns = MatrixLayout.PaddedColumns(width), blocks = columns / MatrixLayout.ColumnPadding;
        long lines = ((columns * bytesPerCode) + (blocks * 2 * BytesPerElement) + CacheLine - 1) / CacheLine;
        return (lines | 1) * CacheLine;
    }
}
