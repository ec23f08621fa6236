using MoeGen.Memory;

namespace MoeGen.Weights.Dense;

/// <summary>
/// Converts any range of the block of dense weights from the tensors of a checkpoint, without the rest of it: packs are written in pieces
/// of one size, and no matrix need be in memory as a whole. Safe from several threads.
/// </summary>
internal sealed unsafe class DenseRangeReader : IDisposable
{
    private readonly MatrixRead[] _reads; // one for each tensor, in the order of the block
    private readonly RowReaders _readers = new();

    /// <summary>Takes what is to be read from a plan.</summary>
    /// <param name="plan">The plan; its checkpoint must stay open.</param>
    public DenseRangeReader(LoadPlan plan)
    {
        _reads =
        [
            .. plan.DenseReads.SelectMany(read => read.Targets, (read, target) => MatrixRead.Of(read.Source, target))
                .OrderBy(read => read.Targets[0].Offset),
        ];
    }

    /// <summary>Converts a range.</summary>
    /// <param name="first">First byte in the block.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="destination">Receives them.</param>
    /// <param name="cancellationToken">Stops between two pieces of about a MiB.</param>
    /// <exception cref="NonFiniteValueException">A tensor holds an infinity or NaN, or leads to one.</exception>
    public void Read(long first, long length, byte* destination, CancellationToken cancellationToken)
    {
        RowReader reader = _readers.Rent();
        try
        {
            foreach (MatrixRead read in _reads)
            {
                // both inside the tensor
                long offset = read.Targets[0].Offset;
                long begin = Math.Max(0, first - offset), end = Math.Min(read.Targets[0].SizeInBytes, first + length - offset);
                if (begin < end)
                {
                    Read(reader, read, begin, end, destination + (offset + begin - first), cancellationToken);
                }
            }
        }
        finally
        {
            _readers.Return(reader);
        }
    }

    public void Dispose() => _readers.Dispose();

    private static void Read(
        RowReader reader, MatrixRead read, long begin, long end, byte* destination, CancellationToken cancellationToken)
    {
        TensorTarget target = read.Targets[0];
        TargetRange range = target.RangeAround(begin, end);
        using NativeBuffer panels = new(range.SizeInBytes);

        // where the block would begin
        byte* origin = panels.Pointer - range.Offset - target.Offset;
        reader.Read(read, range.FirstSourceRow, range.EndSourceRow, origin, cancellationToken);
        Buffer.MemoryCopy(panels.Pointer + (begin - range.Offset), destination, end - begin, end - begin);
    }
}
