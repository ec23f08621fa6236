using MoeGen.Weights.Quantized;

namespace MoeGen.Weights;

/// <summary>
/// How a matrix lies in memory: in panels of 16 rows, so that a vector holds a column of a panel and every element of it is an output of
/// its own. A row counts as words of 4 bytes, each one float32 or two 16-bit floats, the even column in the lower half; a panel holds the
/// first words of its rows, then the second ones, and so on. Rows are filled up with zeros to a multiple of 32 columns, panels with rows of
/// zeros: no kernel has a remainder to handle.
/// </summary>
/// <remarks>
/// Panels of the quantised formats are of another kind, see <see cref="QuantizedLayout"/>. The generator's <c>MatrixLayout</c> computes the same sizes.
/// </remarks>
internal static class MatrixLayout
{
    public const int PanelRows = 16;

    /// <summary>Columns that rows are filled up to a multiple of: the block of the quantised formats.</summary>
    public const int ColumnPadding = QuantizedLayout.BlockSize;

    /// <summary>Bytes of a word.</summary>
    public const int WordBytes = sizeof(uint);

    /// <summary>Bytes from a word of a row to its next one.</summary>
    public const int WordStride = PanelRows * WordBytes;

    public static int PaddedColumns(int columns) => (columns + ColumnPadding - 1) / ColumnPadding * ColumnPadding;

    /// <summary>Bytes from a pair of columns of a panel to the next one, in a float format.</summary>
    public static int PairBytes(WeightFormat format) => 2 * PanelRows * format.BytesPerElement();

    /// <summary>Bytes of a panel.</summary>
    public static long PanelBytes(int columns, WeightFormat format) => format switch
    {
        WeightFormat.Q8 => QuantizedLayout.PanelBytes<Q8Block>(columns),
        WeightFormat.Q4 => QuantizedLayout.PanelBytes<Q4Block>(columns),
        _ => (long)PanelRows * PaddedColumns(columns) * format.BytesPerElement(),
    };

    /// <summary>Bytes of a matrix.</summary>
    public static long SizeInBytes(int rows, int columns, WeightFormat format) =>
        ((long)rows + PanelRows - 1) / PanelRows * PanelBytes(columns, format);
}
