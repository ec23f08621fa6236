using System.Buffers;
using MoeGen.Experts;
using MoeGen.Memory;

namespace MoeGen.Weights;

/// <summary>One tensor's way from a file to its place in memory.</summary>
/// <param name="File">The file.</param>
/// <param name="Entry">Where the tensor lies in it.</param>
/// <param name="Source">Its format there.</param>
/// <param name="Declaration">Its shape, and its format in memory.</param>
/// <param name="Layer">0-based layer.</param>
/// <param name="Expert">0-based expert, or <see cref="NoExpert"/>.</param>
/// <param name="Offset">First byte of the destination, inside the expert's blob or the block of the dense weights.</param>
internal sealed record TensorTransfer(
    SafetensorsFile File, TensorEntry Entry, WeightFormat Source, TensorDeclaration Declaration, int Layer, int Expert, long Offset)
{
    public const int NoExpert = -1;
}

/// <summary>Reads tensors into their places: by position, in the order of the file, converted and checked on the way.</summary>
internal sealed unsafe class WeightLoader(NativeBuffer dense, ExpertPool experts)
{
    // large enough that a read costs more than its call, small enough to stay in the second-level cache
    private const int PieceBytes = 1 << 20;

    private long _bytesLoaded;

    /// <summary>Reads all of them.</summary>
    /// <exception cref="NonFiniteValueException">A tensor holds an infinity or NaN.</exception>
    public void Load(List<TensorTransfer> transfers, MoeOptions options, CancellationToken cancellationToken)
    {
        long bytesTotal = transfers.Sum(transfer => transfer.Entry.Length);
        TensorTransfer[] ordered =
            [.. transfers.OrderBy(transfer => transfer.File.Path, StringComparer.Ordinal).ThenBy(transfer => transfer.Entry.Offset)];
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = options.ThreadsOrDefault, CancellationToken = cancellationToken };
        try
        {
            Parallel.ForEach(Partitioner(ordered), parallel, transfer =>
            {
                Load(transfer, cancellationToken);
                long loaded = Interlocked.Add(ref _bytesLoaded, transfer.Entry.Length);
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
    private static System.Collections.Concurrent.OrderablePartitioner<TensorTransfer> Partitioner(TensorTransfer[] transfers) =>
        System.Collections.Concurrent.Partitioner.Create(transfers, System.Collections.Concurrent.EnumerablePartitionerOptions.NoBuffering);

    private void Load(TensorTransfer transfer, CancellationToken cancellationToken)
    {
        TensorDeclaration declaration = transfer.Declaration;
        int columns = declaration.Shape[^1];
        int rows = declaration.Shape.Count == 2 ? declaration.Shape[0] : 1;
        int sourceRowBytes = columns * transfer.Source.BytesPerElement();
        long rowBytes = MatrixLayout.SizeInBytes(1, columns, declaration.Format);
        bool isDense = transfer.Expert == TensorTransfer.NoExpert;
        byte* destination = (isDense ? dense.Pointer : experts.Address(transfer.Layer, transfer.Expert)) + transfer.Offset;

        int rowsPerPiece = Math.Max(1, PieceBytes / sourceRowBytes);
        byte[] piece = ArrayPool<byte>.Shared.Rent(rowsPerPiece * sourceRowBytes);
        float[] wide = ArrayPool<float>.Shared.Rent(columns);
        try
        {
            for (int row = 0; row < rows; row += rowsPerPiece)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int count = Math.Min(rowsPerPiece, rows - row);
                Span<byte> source = piece.AsSpan(0, count * sourceRowBytes);
                transfer.File.Read(transfer.Entry.Offset + ((long)row * sourceRowBytes), source);
                CheckFinite(transfer, source, transfer.Source, (long)row * columns);
                for (int i = 0; i < count; i++)
                {
                    Span<byte> target = new(destination + ((row + i) * rowBytes), columns * declaration.Format.BytesPerElement());
                    Convert(
                        source.Slice(i * sourceRowBytes, sourceRowBytes), transfer.Source, target, declaration.Format,
                        wide.AsSpan(0, columns));
                    if (transfer.Source != declaration.Format)
                    {
                        // a value can be too large for the narrower format
                        CheckFinite(transfer, target, declaration.Format, (long)(row + i) * columns);
                    }
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
            ArrayPool<float>.Shared.Return(wide);
        }
    }

    private static void Convert(ReadOnlySpan<byte> source, WeightFormat from, Span<byte> target, WeightFormat to, Span<float> wide)
    {
        if (from == to)
        {
            source.CopyTo(target);
        }
        else
        {
            FloatConverter.Widen(source, from, wide);
            FloatConverter.Narrow(wide, to, target);
        }
    }

    private static void CheckFinite(TensorTransfer transfer, ReadOnlySpan<byte> values, WeightFormat format, long firstIndex)
    {
        int index = FloatConverter.IndexOfNonFinite(values, format);
        if (index >= 0)
        {
            float[] value = new float[1];
            FloatConverter.Widen(values.Slice(index * format.BytesPerElement(), format.BytesPerElement()), format, value);
            throw NonFiniteValueException.InTensor(transfer.File.Path, transfer.Entry.Name, firstIndex + index, value[0]);
        }
    }
}
