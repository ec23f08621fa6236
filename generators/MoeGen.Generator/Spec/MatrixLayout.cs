namespace MoeGen.Generator.Spec;

/// <summary>
/// How a matrix lies in memory, the same rule as in the library's <c>Matrix</c>: row by row, every row filled up with zeros to a
/// multiple of 32 elements, so that no kernel has a remainder to handle.
/// </summary>
internal static class MatrixLayout
{
    public const int ColumnPadding = 32;

    public static long PaddedColumns(int columns) => ((long)columns + ColumnPadding - 1) / ColumnPadding * ColumnPadding;

    public static long Bytes(int rows, int columns, WeightFormat format) => rows * PaddedColumns(columns) * format.BytesPerElement();
}
