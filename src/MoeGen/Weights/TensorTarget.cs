using System.Runtime.InteropServices;
using MoeGen.Weights.Quantized;

namespace MoeGen.Weights;

/// <summary>The place of a declared tensor in memory, and which rows or columns of a source belong there.</summary>
internal sealed unsafe partial class TensorTarget
{
    // what is narrowed at once for the panels: their rows, and of float32 so many that their runs are worth writing
    private const int TileRows = MatrixLayout.PanelRows;
    private const int TileColumns = 64;

    private readonly WeightFormat _format;
    private readonly bool _isVector;
    private readonly int _rows; // 1 of a vector
    private readonly int _columns; // elements of a vector
    private readonly int _firstRow;
    private readonly int _rowStep;
    private readonly bool _isTransposed;

    /// <summary>Creates the target.</summary>
    /// <param name="declaration">The tensor.</param>
    /// <param name="source">What it is read from.</param>
    /// <param name="offset">First byte, inside the expert's blob or the block of the dense weights.</param>
    public TensorTarget(TensorDeclaration declaration, TensorSource source, long offset)
    {
        Offset = offset;
        SizeInBytes = declaration.SizeInBytes;
        _format = declaration.Format;
        _isVector = declaration.IsVector;
        _rows = _isVector ? 1 : declaration.Shape[0];
        _columns = declaration.Shape[^1];
        _firstRow = declaration.Slice?.FirstRow ?? 0;
        _rowStep = declaration.Slice?.RowStep ?? 1;

        // a vector is one row of the source, and what a slice calls rows are its elements
        _isTransposed = _isVector || (declaration.Slice is { IsTransposed: true } && !source.IsNeverTransposed);
        FirstSourceRow = _isTransposed ? 0 : _firstRow;
        EndSourceRow = _isTransposed ? source.Rows : _firstRow + ((_rows - 1) * _rowStep) + 1;
    }

    /// <summary>First byte of the tensor, inside the expert's blob or the block of the dense weights.</summary>
    public long Offset { get; }

    /// <summary>Bytes of the tensor in memory, with what fills it up.</summary>
    public long SizeInBytes { get; }

    /// <summary>First row of the source's matrix that holds values of this tensor.</summary>
    public int FirstSourceRow { get; }

    /// <summary>The row behind the last one.</summary>
    public int EndSourceRow { get; }

    /// <summary>
    /// Rows of the source that one read must hold together, from a multiple of it on: where a quantised tensor has columns for rows, 32 of
    /// them are a block of each of its own.
    /// </summary>
    public int RowsTogether => _format.IsQuantized() && _isTransposed ? QuantizedLayout.BlockSize : 1;

    /// <summary>Whether values of the source go to memory as they are in the file.</summary>
    public bool IsCopyOf(TensorSource source) => source.Format == _format && (_isVector || !_isTransposed);

    /// <summary>
    /// The smallest part of the tensor that has some bytes of it and can be written alone: whole panels or, where its rows are not those of
    /// the source, all of it. (No family has such matrices outside the experts; every range of one reads all of it.)
    /// </summary>
    /// <param name="begin">First byte, inside the tensor.</param>
    /// <param name="end">The byte behind the last one.</param>
    public TargetRange RangeAround(long begin, long end)
    {
        if (_isTransposed)
        {
            return new TargetRange(0, SizeInBytes, FirstSourceRow, EndSourceRow);
        }

        long panelBytes = MatrixLayout.PanelBytes(_columns, _format);
        int firstPanel = (int)(begin / panelBytes), endPanel = (int)((end + panelBytes - 1) / panelBytes);
        int lastRow = Math.Min(_rows, endPanel * MatrixLayout.PanelRows) - 1;
        return new TargetRange(
            firstPanel * panelBytes, (endPanel - firstPanel) * panelBytes, SourceRow(firstPanel * MatrixLayout.PanelRows),
            SourceRow(lastRow) + 1);
    }

    /// <summary>Writes what belongs to the tensor.</summary>
    /// <param name="address">First byte of the tensor in memory.</param>
    /// <param name="source">Where the rows are from.</param>
    /// <param name="piece">Some of its rows.</param>
    /// <param name="values">The same rows in float32; may be empty for a copy.</param>
    /// <exception cref="NonFiniteValueException">A value is too large for the format in memory.</exception>
    public void Write(byte* address, TensorSource source, in SourceRows piece, ReadOnlySpan<float> values)
    {
        if (_isVector)
        {
            WriteVector((float*)address, IsCopyOf(source) ? MemoryMarshal.Cast<byte, float>(piece.Bytes) : values);
        }
        else if (_isTransposed && _format.IsQuantized())
        {
            QuantizeColumns(address, source, piece, values);
        }
        else if (_isTransposed)
        {
            WriteColumns(address, source, piece, values);
        }
        else
        {
            WriteRows(address, source, piece, values);
        }
    }

    // vectors are always float32
    private void WriteVector(float* vector, ReadOnlySpan<float> row)
    {
        for (int i = 0; i < _columns; i++)
        {
            vector[i] = row[SourceRow(i)];
        }
    }

    private void WriteRows(byte* address, TensorSource source, in SourceRows piece, ReadOnlySpan<float> values)
    {
        // rows of the tensor whose rows of the source are in the piece
        int first = Math.Max(0, RowsBefore(piece.FirstRow)), end = Math.Min(_rows, RowsBefore(piece.FirstRow + piece.Count));
        if (_format.IsQuantized() && source.Format != _format)
        {
            QuantizeRows(address, source, piece, values, first, end);
        }
        else if (source.Format != _format)
        {
            NarrowRows(address, source, piece, values, first, end);
        }
        else if (first < end)
        {
            fixed (byte* rows = piece.Bytes)
            {
                nint rowBytes = (nint)source.BytesPerRow;
                Panels(address).Write(
                    first, end - first, 0, _columns, rows + ((SourceRow(first) - piece.FirstRow) * rowBytes), _rowStep * rowBytes);
            }
        }
    }

    private void NarrowRows(
        byte* address, TensorSource source, in SourceRows piece, ReadOnlySpan<float> values, int first, int end)
    {
        byte* tile = stackalloc byte[TileRows * TileColumns * sizeof(float)]; // [row, column], in the format of the tensor
        int tileStride = TileColumns * _format.BytesPerElement();
        for (int firstRow = first; firstRow < end; firstRow += TileRows - (firstRow % TileRows))
        {
            int numRows = Math.Min(TileRows - (firstRow % TileRows), end - firstRow);
            for (int firstColumn = 0; firstColumn < _columns; firstColumn += TileColumns)
            {
                int numColumns = Math.Min(TileColumns, _columns - firstColumn);
                for (int row = 0; row < numRows; row++)
                {
                    int pieceRow = SourceRow(firstRow + row) - piece.FirstRow;
                    ReadOnlySpan<float> run = values.Slice((pieceRow * _columns) + firstColumn, numColumns);
                    int index = Narrow(run, tile + (row * tileStride));
                    if (index >= 0)
                    {
                        throw TooLarge(source, piece.IndexOf(pieceRow, firstColumn + index), run[index]);
                    }
                }

                Panels(address).Write(firstRow, numRows, firstColumn, numColumns, tile, tileStride);
            }
        }
    }

    // a column of the source becomes a row
    private void WriteColumns(byte* address, TensorSource source, in SourceRows piece, ReadOnlySpan<float> values)
    {
        Span<float> run = stackalloc float[TileColumns];
        byte* tile = stackalloc byte[TileRows * TileColumns * sizeof(float)]; // [row, column], in the format of the tensor
        int tileStride = TileColumns * _format.BytesPerElement();
        for (int firstColumn = 0; firstColumn < piece.Count; firstColumn += TileColumns)
        {
            int numColumns = Math.Min(TileColumns, piece.Count - firstColumn);
            for (int firstRow = 0; firstRow < _rows; firstRow += TileRows)
            {
                int numRows = Math.Min(TileRows, _rows - firstRow);
                for (int row = 0; row < numRows; row++)
                {
                    int sourceColumn = SourceRow(firstRow + row);
                    for (int column = 0; column < numColumns; column++)
                    {
                        run[column] = values[((firstColumn + column) * source.Columns) + sourceColumn];
                    }

                    int index = Narrow(run[..numColumns], tile + (row * tileStride));
                    if (index >= 0)
                    {
                        throw TooLarge(source, piece.IndexOf(firstColumn + index, sourceColumn), run[index]);
                    }
                }

                Panels(address).Write(firstRow, numRows, piece.FirstRow + firstColumn, numColumns, tile, tileStride);
            }
        }
    }

    private PanelWriter Panels(byte* address) => new(address, _columns, _format);

    private int SourceRow(int row) => _firstRow + (row * _rowStep);

    // rows of the tensor that come from rows of the source before this one; below 0 where the tensor begins later
    private int RowsBefore(int sourceRow) => (sourceRow - _firstRow + _rowStep - 1) / _rowStep;

    // index of the first value that is too large for the format, or -1
    private int Narrow(ReadOnlySpan<float> values, byte* target)
    {
        Span<byte> bytes = new(target, values.Length * _format.BytesPerElement());
        FloatConverter.Narrow(values, _format, bytes);
        return _format == WeightFormat.F32 ? -1 : FloatConverter.IndexOfNonFinite(bytes, _format);
    }

    private static NonFiniteValueException TooLarge(TensorSource source, long index, float value) =>
        source.NonFinite(index, value < 0 ? float.NegativeInfinity : float.PositiveInfinity);
}

/// <summary>A part of a tensor in memory, and the rows that it comes from.</summary>
/// <param name="Offset">First byte, from the start of the tensor.</param>
/// <param name="SizeInBytes">Bytes.</param>
/// <param name="FirstSourceRow">First row of the source's matrix.</param>
/// <param name="EndSourceRow">The row behind the last one.</param>
internal readonly record struct TargetRange(long Offset, long SizeInBytes, int FirstSourceRow, int EndSourceRow);
