namespace MoeGen.Generator.Spec;

/// <summary>
/// How a matrix lies in memory, the same rule as in the library: in panels of 16 rows, filled up with rows of zeros, every row filled up
/// with zeros to a multiple of 32 elements. 32 columns of a row share a scale of the quantised formats.
/// </summary>
internal static class MatrixLayout
{
    public const int PanelRows = 16;

    public const int ColumnPadding = 32;

    private const int CacheLine = 64;

    public static long PaddedColumns(int columns) => ((long)columns + ColumnPadding - 1) / ColumnPadding * ColumnPadding;

    public static long Bytes(int rows, int columns, WeightFormat format) =>
        ((long)rows + PanelRows - 1) / PanelRows * PanelBytes(PaddedColumns(columns), format);

    /// <summary>Bytes in front of the codes of a panel: 16 bits for each row and block, up to a whole cache line.</summary>
    public static long ScaleBytes(long paddedColumns) =>
        ((paddedColumns / ColumnPadding * PanelRows * 2) + CacheLine - 1) / CacheLine * CacheLine;

    private static long PanelBytes(long paddedColumns, WeightFormat format) => format switch
    {
        WeightFormat.Q8 => ScaleBytes(paddedColumns) + (PanelRows * paddedColumns),
        WeightFormat.Q4 => ScaleBytes(paddedColumns) + (PanelRows * paddedColumns / 2),
        _ => PanelRows * paddedColumns * format.BytesPerElement(),
    };
}
