namespace MoeGen.Weights.Dense;

/// <summary>
/// Everything outside the experts from the tensors of a checkpoint: a piece is a matrix, converted and checked as it is read.
/// </summary>
internal sealed unsafe class CheckpointDense : IDenseSource
{
    private readonly MatrixRead[] _reads; // in the order of the files
    private readonly RowReaders _readers = new();

    /// <summary>Takes what is to be read from a plan.</summary>
    /// <param name="plan">The plan; its checkpoint must stay open.</param>
    public CheckpointDense(LoadPlan plan)
    {
        _reads = [.. plan.DenseReads.OrderBy(read => read.Source.File.Path, StringComparer.Ordinal).ThenBy(read => read.Offset)];
    }

    public int NumPieces => _reads.Length;

    public long SizeOfPiece(int piece) => _reads[piece].Length;

    public void Read(int piece, byte* block, CancellationToken cancellationToken)
    {
        MatrixRead read = _reads[piece];
        RowReader reader = _readers.Rent();
        try
        {
            reader.Read(read, read.FirstRow, read.EndRow, block, cancellationToken);
        }
        finally
        {
            _readers.Return(reader);
        }
    }

    public void Dispose() => _readers.Dispose();
}
