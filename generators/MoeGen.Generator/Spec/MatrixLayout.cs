namespace MoeGen.Generator.Spec;

/// <summary>
/// How a matrix lies in memory, the same rule as in the library: in panels of 16 rows, filled up with rows of zeros, every row filled up
/// with zeros to a multiple of 32 elements.
/// </summary>
internal static class MatrixLayout
{
    public const int PanelRows = 16;

    public const int ColumnPadding = 32;

    public static long PaddedColumns(int columns) => ((long)columns + ColumnPadding - 1) / ColumnPadding * ColumnPadding;

    public static long Bytes(int rows, int columns, WeightFormat format) =>
        ((long)rows + PanelRows - 1) / PanelRows * PanelRows * PaddedColumns(columns) * format.BytesPerElement();
}
