namespace MoeGen.Weights;

/// <summary>
/// How matrices and rows of activations lie in memory: row by row, every row filled up with zeros to a multiple of 32 elements, so
/// that no kernel of any width has a remainder to handle. 32 is also the block of the quantised formats.
/// </summary>
internal static class MatrixLayout
{
    public const int ColumnPadding = 32;

    public static int PaddedColumns(int columns) => (columns + ColumnPadding - 1) / ColumnPadding * ColumnPadding;

    public static long SizeInBytes(int rows, int columns, WeightFormat format) =>
        (long)rows * PaddedColumns(columns) * format.BytesPerElement();
}
