using MoeGen.Memory;

namespace MoeGen.Weights;

/// <summary>
/// Reads rows of matrices, checks and decodes them, and writes them to their places. The one path from a checkpoint to memory. For one
/// thread at a time; its buffers are kept from read to read.
/// </summary>
internal sealed unsafe class RowReader : IDisposable
{
    // large enough that a read costs more than its call, small enough to stay in the caches: 1 MiB of bfloat16
    private const int PieceElements = 1 << 19;

    /// <summary>Bytes of both buffers, unless a single row is larger: elements of up to 4 bytes, and the same in float32.</summary>
    public const long UsualBytes = 2L * PieceElements * sizeof(float);

    private NativeBuffer _window = new(0, DirectFile.Alignment); // rows as the file has them
    private NativeBuffer _values = new(0); // the same rows in float32

    /// <summary>Reads some rows.</summary>
    /// <param name="read">The matrix.</param>
    /// <param name="firstRow">First row.</param>
    /// <param name="endRow">The row behind the last one.</param>
    /// <param name="origin">What offsets of the targets count from: a slot, or the block of the dense weights. What lies between the rows of a
    /// target is left as it is, and must be zero.</param>
    /// <param name="cancellationToken">Stops between two pieces of about a MiB.</param>
    /// <exception cref="NonFiniteValueException">The rows hold an infinity or NaN, or lead to one.</exception>
    public void Read(MatrixRead read, int firstRow, int endRow, byte* origin, CancellationToken cancellationToken)
    {
        TensorSource source = read.Source;
        int most = Math.Max(1, PieceElements / source.Columns / read.RowsTogether) * read.RowsTogether;
        int rowsPerPiece = Math.Min(most, Math.Max(1, endRow - firstRow));
        Grow(ref _window, DirectFile.WindowBytes(rowsPerPiece * source.BytesPerRow), DirectFile.Alignment);
        Grow(ref _values, read.IsCopy ? 0 : (long)rowsPerPiece * source.Columns * sizeof(float), NativeBuffer.Alignment);
        for (int row = firstRow; row < endRow; row += rowsPerPiece)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = Math.Min(rowsPerPiece, endRow - row);
            int length = checked((int)(count * source.BytesPerRow));
            SourceRows piece = new(source, read.Matrix, row, source.File.Read(source.OffsetOf(read.Matrix, row), length, _window));
            source.Check(piece);
            Span<float> values = new(_values.Pointer, read.IsCopy ? 0 : count * source.Columns);
            if (!read.IsCopy)
            {
                source.Decode(piece, values);
            }

            foreach (TensorTarget target in read.Targets)
            {
                target.Write(origin + target.Offset, source, piece, values);
            }
        }
    }

    public void Dispose()
    {
        _window.Dispose();
        _values.Dispose();
    }

    private static void Grow(ref NativeBuffer buffer, long sizeInBytes, int alignment)
    {
        if (buffer.SizeInBytes < sizeInBytes)
        {
            buffer.Dispose();
            buffer = new NativeBuffer(sizeInBytes, alignment);
        }
    }
}
