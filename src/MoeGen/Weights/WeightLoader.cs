using System.Buffers;
using MoeGen.Experts;
using MoeGen.Memory;

namespace MoeGen.Weights;

/// <summary>Reads tensors into their places: by position, in the order of the file, converted and checked on the way.</summary>
internal sealed unsafe class WeightLoader(NativeBuffer dense, ExpertPool experts)
{
    // large enough that a read costs more than its call, small enough to stay in the caches: 1 MiB of bfloat16
    private const int PieceElements = 1 << 19;

    private long _bytesLoaded;

    /// <summary>Reads all of them.</summary>
    /// <exception cref="NonFiniteValueException">A tensor holds an infinity or NaN.</exception>
    public void Load(IReadOnlyCollection<MatrixRead> reads, MoeOptions options, CancellationToken cancellationToken)
    {
        long bytesTotal = reads.Sum(read => read.Length);
        MatrixRead[] ordered =
            [.. reads.OrderBy(read => read.Source.File.Path, StringComparer.Ordinal).ThenBy(read => read.Offset)];
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = options.ThreadsOrDefault, CancellationToken = cancellationToken };
        try
        {
            Parallel.ForEach(Partitioner(ordered), parallel, read =>
            {
                Load(read, cancellationToken);
                long loaded = Interlocked.Add(ref _bytesLoaded, read.Length);
                options.Progress?.Report(new LoadProgress(loaded, bytesTotal));
            });
        }
        catch (AggregateException exception)
        {
            // several threads may have found faults; one clear error is enough
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(exception.InnerExceptions[0]);
        }
    }

    // one by one in order: ranges would make the threads read at distant places of the file
    private static System.Collections.Concurrent.OrderablePartitioner<MatrixRead> Partitioner(MatrixRead[] reads) =>
        System.Collections.Concurrent.Partitioner.Create(reads, System.Collections.Concurrent.EnumerablePartitionerOptions.NoBuffering);

    private void Load(MatrixRead read, CancellationToken cancellationToken)
    {
        TensorSource source = read.Source;
        (int firstRow, int endRow) = (read.FirstRow, read.EndRow);
        int rowsPerPiece = Math.Clamp(PieceElements / source.Columns, 1, endRow - firstRow);
        bool isDecoded = !read.Targets.TrueForAll(target => target.IsCopyOf(source));
        byte[] bytes = ArrayPool<byte>.Shared.Rent(checked((int)(rowsPerPiece * source.BytesPerRow)));
        float[] floats = ArrayPool<float>.Shared.Rent(isDecoded ? rowsPerPiece * source.Columns : 0);
        try
        {
            for (int row = firstRow; row < endRow; row += rowsPerPiece)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int count = Math.Min(rowsPerPiece, endRow - row);
                Span<byte> data = bytes.AsSpan(0, (int)(count * source.BytesPerRow));
                source.File.Read(source.OffsetOf(read.Matrix, row), data);
                SourceRows piece = new(source, read.Matrix, row, data);
                source.Check(piece);
                Span<float> values = floats.AsSpan(0, isDecoded ? count * source.Columns : 0);
                if (isDecoded)
                {
                    source.Decode(piece, values);
                }

                foreach (TensorTarget target in read.Targets)
                {
                    target.Write(Address(target), source, piece, values);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
            ArrayPool<float>.Shared.Return(floats);
        }
    }

    private byte* Address(TensorTarget target) =>
        target.Offset + (target.Expert == TensorTarget.NoExpert ? dense.Pointer : experts.Address(target.Layer, target.Expert));
}
