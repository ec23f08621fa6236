using MoeGen.Weights.Quantized;

namespace MoeGen.Weights;

/// <content>
/// Matrices in a quantised format: values go to a tile first that lies as a panel of float32, because rows of a panel are quantised
/// together.
/// </content>
internal sealed unsafe partial class TensorTarget
{
    private void QuantizeRows(
        byte* address, TensorSource source, in SourceRows piece, ReadOnlySpan<float> values, int first, int end)
    {
        float* tile = stackalloc float[TileRows * QuantizedPanel.TileColumns]; // [column, row of the panel]
        PanelWriter transposed = new((byte*)tile, QuantizedPanel.TileColumns, WeightFormat.F32);
        fixed (float* rows = values)
        {
            for (int firstRow = first; firstRow < end; firstRow += TileRows - (firstRow % TileRows))
            {
                int place = firstRow % TileRows, numRows = Math.Min(TileRows - place, end - firstRow);
                float* run = rows + ((nint)(SourceRow(firstRow) - piece.FirstRow) * _columns);
                for (int firstColumn = 0; firstColumn < _columns; firstColumn += QuantizedPanel.TileColumns)
                {
                    int numColumns = Math.Min(QuantizedPanel.TileColumns, _columns - firstColumn);
                    Clear(tile, numRows, numColumns);
                    transposed.Write(
                        place, numRows, 0, numColumns, (byte*)(run + firstColumn), (nint)_rowStep * _columns * sizeof(float));
                    if (!TryQuantize(address, firstRow, numRows, firstColumn, numColumns, tile))
                    {
                        (int row, int column, float value) = BlockFormats.FindTooLarge(_format, tile);
                        int pieceRow = SourceRow(firstRow - place + row) - piece.FirstRow;
                        throw InScale(source, piece.IndexOf(pieceRow, firstColumn + column), value);
                    }
                }
            }
        }
    }

    // a column of the source becomes a row: what the tile is, the source is already
    private void QuantizeColumns(byte* address, TensorSource source, in SourceRows piece, ReadOnlySpan<float> values)
    {
        float* tile = stackalloc float[TileRows * QuantizedPanel.TileColumns]; // [column, row of the panel]
        for (int firstColumn = 0; firstColumn < piece.Count; firstColumn += QuantizedPanel.TileColumns)
        {
            int numColumns = Math.Min(QuantizedPanel.TileColumns, piece.Count - firstColumn);
            for (int firstRow = 0; firstRow < _rows; firstRow += TileRows)
            {
                int numRows = Math.Min(TileRows, _rows - firstRow);
                Clear(tile, numRows, numColumns);
                for (int column = 0; column < numColumns; column++)
                {
                    ReadOnlySpan<float> sourceRow = values.Slice((firstColumn + column) * source.Columns, source.Columns);
                    for (int row = 0; row < numRows; row++)
                    {
                        tile[(column * TileRows) + row] = sourceRow[SourceRow(firstRow + row)];
                    }
                }

                if (!TryQuantize(address, firstRow, numRows, piece.FirstRow + firstColumn, numColumns, tile))
                {
                    (int row, int column, float value) = BlockFormats.FindTooLarge(_format, tile);
                    throw InScale(source, piece.IndexOf(firstColumn + column, SourceRow(firstRow + row)), value);
                }
            }
        }
    }

    // what no value will be written to
    private static void Clear(float* tile, int numRows, int numColumns)
    {
        if (numRows < TileRows || numColumns < QuantizedPanel.TileColumns)
        {
            new Span<float>(tile, TileRows * QuantizedPanel.TileColumns).Clear();
        }
    }

    private bool TryQuantize(byte* address, int firstRow, int numRows, int firstColumn, int numColumns, float* tile)
    {
        (int panel, int place) = Math.DivRem(firstRow, TileRows);
        byte* target = address + (panel * MatrixLayout.PanelBytes(_columns, _format));
        int firstBlock = firstColumn / QuantizedLayout.BlockSize, numBlocks = QuantizedLayout.BlocksPerRow(numColumns);
        return BlockFormats.TryQuantize(_format, target, place, numRows, _columns, firstBlock, numBlocks, tile);
    }

    private NonFiniteValueException InScale(TensorSource source, long index, float value) =>
        NonFiniteValueException.InScale(source.File.Path, source.Entry.Name, index, value, _format);
}
