namespace MoeGen.Weights;

/// <summary>The place of a declared tensor in memory, and which rows or columns of a source belong there.</summary>
internal sealed unsafe class TensorTarget
{
    // sources are read along their rows: 16 float32 are a cache line, 64 of them long make runs worth writing
    private const int TileRows = 16;
    private const int TileColumns = 64;

    private readonly WeightFormat _format;
    private readonly int _rows; // elements of a vector that is a slice
    private readonly int _columns;
    private readonly nint _rowBytes; // distance of rows in memory
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
        _format = declaration.Format;

        // elements that are picked from a longer vector are rows of one element, one behind the other
        bool isPicked = declaration is { IsVector: true, Slice: not null };
        _rows = declaration.IsVector && !isPicked ? 1 : declaration.Shape[0];
        _columns = isPicked ? 1 : declaration.Shape[^1];
        _rowBytes = isPicked ? _format.BytesPerElement() : (nint)MatrixLayout.SizeInBytes(1, _columns, _format);
        _firstRow = declaration.Slice?.FirstRow ?? 0;
        _rowStep = declaration.Slice?.RowStep ?? 1;
        _isTransposed = isPicked || (declaration.Slice is { IsTransposed: true } && !source.IsNeverTransposed);
        FirstSourceRow = _isTransposed ? 0 : _firstRow;
        EndSourceRow = _isTransposed ? source.Rows : _firstRow + ((_rows - 1) * _rowStep) + 1;
    }

    /// <summary>First byte of the tensor, inside the expert's blob or the block of the dense weights.</summary>
    public long Offset { get; }

    /// <summary>First row of the source's matrix that holds values of this tensor.</summary>
    public int FirstSourceRow { get; }

    /// <summary>The row behind the last one.</summary>
    public int EndSourceRow { get; }

    /// <summary>Whether rows of the source lie in memory as they lie in the file.</summary>
    public bool IsCopyOf(TensorSource source) => !_isTransposed && source.Format == _format;

    /// <summary>Writes what belongs to the tensor.</summary>
    /// <param name="address">First byte of the tensor in memory.</param>
    /// <param name="source">Where the rows are from.</param>
    /// <param name="piece">Some of its rows.</param>
    /// <param name="values">The same rows in float32; may be empty for a copy.</param>
    /// <exception cref="NonFiniteValueException">A value is too large for the format in memory.</exception>
    public void Write(byte* address, TensorSource source, in SourceRows piece, ReadOnlySpan<float> values)
    {
        if (_isTransposed)
        {
            WriteColumns(address, source, piece, values);
        }
        else
        {
            WriteRows(address, source, piece, values);
        }
    }

    private void WriteRows(byte* address, TensorSource source, in SourceRows piece, ReadOnlySpan<float> values)
    {
        int sourceRowBytes = (int)source.BytesPerRow;
        if (source.Format == _format && _rowStep == 1 && sourceRowBytes == _rowBytes)
        {
            // nothing lies between the rows, neither in the file nor in memory
            int first = Math.Max(piece.FirstRow, _firstRow), count = Math.Min(piece.FirstRow + piece.Count, _firstRow + _rows) - first;
            if (count > 0)
            {
                piece.Bytes.Slice((first - piece.FirstRow) * sourceRowBytes, count * sourceRowBytes)
                    .CopyTo(new Span<byte>(address + ((first - _firstRow) * _rowBytes), count * sourceRowBytes));
            }

            return;
        }

        for (int i = 0; i < piece.Count; i++)
        {
            (int row, int rest) = Math.DivRem(piece.FirstRow + i - _firstRow, _rowStep);
            if (rest != 0 || row < 0 || row >= _rows)
            {
                continue;
            }

            Span<byte> target = new(address + (row * _rowBytes), _columns * _format.BytesPerElement());
            if (source.Format == _format)
            {
                piece.Bytes.Slice(i * sourceRowBytes, sourceRowBytes).CopyTo(target);
            }
            else
            {
                int index = Narrow(values.Slice(i * _columns, _columns), target);
                if (index >= 0)
                {
                    throw TooLarge(source, piece.IndexOf(i, index), values[(i * _columns) + index]);
                }
            }
        }
    }

    // a column of the source becomes a row; small tiles, because one of both sides is always read or written across
    private void WriteColumns(byte* address, TensorSource source, in SourceRows piece, ReadOnlySpan<float> values)
    {
        Span<float> tile = stackalloc float[TileRows * TileColumns]; // [row in memory, column in memory]
        for (int firstColumn = 0; firstColumn < piece.Count; firstColumn += TileColumns)
        {
            int numColumns = Math.Min(TileColumns, piece.Count - firstColumn);
            for (int firstRow = 0; firstRow < _rows; firstRow += TileRows)
            {
                int numRows = Math.Min(TileRows, _rows - firstRow);
                for (int column = 0; column < numColumns; column++)
                {
                    int first = ((firstColumn + column) * source.Columns) + SourceColumn(firstRow);
                    for (int row = 0; row < numRows; row++)
                    {
                        tile[(row * TileColumns) + column] = values[first + (row * _rowStep)];
                    }
                }

                for (int row = 0; row < numRows; row++)
                {
                    byte* target = address + ((firstRow + row) * _rowBytes)
                        + ((nint)(piece.FirstRow + firstColumn) * _format.BytesPerElement());
                    ReadOnlySpan<float> run = tile.Slice(row * TileColumns, numColumns);
                    int index = Narrow(run, new Span<byte>(target, numColumns * _format.BytesPerElement()));
                    if (index >= 0)
                    {
                        throw TooLarge(source, piece.IndexOf(firstColumn + index, SourceColumn(firstRow + row)), run[index]);
                    }
                }
            }
        }
    }

    private int SourceColumn(int row) => _firstRow + (row * _rowStep);

    // index of the first value that is too large for the format, or -1
    private int Narrow(ReadOnlySpan<float> values, Span<byte> target)
    {
        FloatConverter.Narrow(values, _format, target);
        return _format == WeightFormat.F32 ? -1 : FloatConverter.IndexOfNonFinite(target, _format);
    }

    private static NonFiniteValueException TooLarge(TensorSource source, long index, float value) =>
        source.NonFinite(index, value < 0 ? float.NegativeInfinity : float.PositiveInfinity);
}
