namespace MoeGen.Weights;

/// <summary>How float32 lies in memory outside the matrices: vectors of weights, and rows of activations, one for each token.</summary>
/// <remarks>The generator's <c>RowLayout</c> computes the same sizes.</remarks>
internal static class RowLayout
{
    // floats of a page, after which addresses fall into the same set of the first-level cache
    private const int PageLength = 1024;

    // floats of a cache line
    private const int LineLength = 16;

    /// <summary>Elements of a row, filled up with zeros to a multiple of 32, as many as the columns of a matrix that it meets.</summary>
    public static int PaddedLength(int length) => MatrixLayout.PaddedColumns(length);

    /// <summary>Elements from one row to the next: tokens that are multiplied together must not share a set of the cache.</summary>
    public static int Stride(int width) => PaddedLength(width) % PageLength == 0 ? PaddedLength(width) + LineLength : PaddedLength(width);

    /// <summary>Bytes of some rows.</summary>
    public static long SizeInBytes(long rows, int width) => rows * Stride(width) * sizeof(float);
}
