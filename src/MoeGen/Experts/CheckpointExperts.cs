using MoeGen.Weights;

namespace MoeGen.Experts;

/// <summary>
/// Experts straight from the tensors of a checkpoint, however it holds them: converted and checked each time they are read. An expert pack
/// takes fewer reads and no work, see <see cref="PackedExperts"/>.
/// </summary>
internal sealed unsafe class CheckpointExperts : IExpertSource
{
    // a few milliseconds of disk and conversion
    private const long BytesPerPiece = 2 << 20;

    private readonly Checkpoint _checkpoint;
    private readonly ExpertIndex _index;
    private readonly ExpertReads[] _experts; // by index
    private readonly RowReaders _readers = new();
    private readonly ExpertReads _largest;

    /// <summary>Takes what is to be read for each expert from a plan.</summary>
    /// <param name="checkpoint">The checkpoint of the plan; disposed with this.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="info">The model.</param>
    public CheckpointExperts(Checkpoint checkpoint, LoadPlan plan, ModelInfo info)
    {
        _checkpoint = checkpoint;
        _index = new ExpertIndex(info);
        _experts = new ExpertReads[_index.Count];
        for (int i = 0; i < _experts.Length; i++)
        {
            (int layer, int expert) = _index.At(i);
            _experts[i] = new ExpertReads([.. plan.ExpertReads(layer, expert)]);
        }

        PlaceInFiles();
        _largest = _experts.MaxBy(expert => expert.Length) ?? new ExpertReads([]);
        NumPieces = (int)Math.Max(1, (_largest.Length + BytesPerPiece - 1) / BytesPerPiece);
    }

    public int NumPieces { get; }

    /// <summary>Experts of a checkpoint of several types differ; this is the largest one. Scales are not counted.</summary>
    public long SizeOfPieces(int numPieces)
    {
        long size = 0;
        for (int piece = 0; piece < numPieces; piece++)
        {
            foreach (MatrixRead read in _largest.Reads)
            {
                (int first, int end) = _largest.RowsOf(read, piece, NumPieces);
                size += (end - first) * read.Source.BytesPerRow;
            }
        }

        return size;
    }

    public long PositionOf(int layer, int expert) => _experts[_index.Of(layer, expert)].Position;

    /// <inheritdoc/>
    /// <remarks>Bytes of the slot that belong to no value are left as they are, and must be zero.</remarks>
    public void Read(int layer, int expert, int piece, byte* slot)
    {
        ExpertReads reads = _experts[_index.Of(layer, expert)];
        RowReader reader = _readers.Rent();
        try
        {
            foreach (MatrixRead read in reads.Reads)
            {
                (int first, int end) = reads.RowsOf(read, piece, NumPieces);
                reader.Read(read, first, end, slot, CancellationToken.None);
            }
        }
        finally
        {
            _readers.Return(reader);
        }
    }

    /// <summary>Does nothing: a checkpoint has no checksums, and every value was checked when it was read.</summary>
    public void Verify(int layer, int expert, byte* slot)
    {
    }

    public void Dispose()
    {
        _readers.Dispose();
        _checkpoint.Dispose();
    }

    private void PlaceInFiles()
    {
        IEnumerable<ExpertReads> inFileOrder = _experts
            .Where(expert => expert.Reads.Length > 0)
            .OrderBy(expert => expert.Reads[0].Source.File.Path, StringComparer.Ordinal)
            .ThenBy(expert => expert.Reads[0].Offset);
        long position = 0;
        foreach (ExpertReads expert in inFileOrder)
        {
            expert.Position = position;
            position += expert.Length;
        }
    }

    /// <summary>The reads of one expert, laid end to end.</summary>
    private sealed class ExpertReads(MatrixRead[] reads)
    {
        public MatrixRead[] Reads => reads;

        public long Length { get; } = reads.Sum(read => read.Length);

        public long Position { get; set; }

        /// <summary>The rows of a read that a piece has: those that begin in the piece's share of all bytes.</summary>
        public (int First, int End) RowsOf(MatrixRead read, int piece, int numPieces)
        {
            long before = 0;
            for (int i = 0; reads[i] != read; i++)
            {
                before += reads[i].Length;
            }

            long bytesPerPiece = (Length + numPieces - 1) / numPieces;
            return (RowAt((piece * bytesPerPiece) - before), RowAt(((piece + 1) * bytesPerPiece) - before));

            int RowAt(long offset)
            {
                long bytesTogether = read.Source.BytesPerRow * read.RowsTogether;
                long row = (offset + bytesTogether - 1) / bytesTogether * read.RowsTogether;
                return read.FirstRow + (int)Math.Clamp(row, 0, read.EndRow - read.FirstRow);
            }
        }
    }
}
