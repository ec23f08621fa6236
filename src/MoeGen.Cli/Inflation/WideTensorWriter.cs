using MoeGen.Weights;

namespace MoeGen.Cli.Inflation;

/// <summary>Copies tensors of a checkpoint into a new one, piece by piece, some of them with a longer dimension.</summary>
/// <param name="writer">The new checkpoint.</param>
/// <param name="written">Hears of bytes that have been written.</param>
/// <param name="cancellationToken">Stops between pieces of a few MiB.</param>
internal sealed class WideTensorWriter(SafetensorsWriter writer, Action<int> written, CancellationToken cancellationToken)
{
    private const int BytesPerPiece = 4 << 20;

    private readonly byte[] _piece = new byte[BytesPerPiece];
    private int _filled;
    private long _offset;

    /// <summary>The tensor that a part of the checkpoint becomes.</summary>
    public static TensorOutline Outline(SourcePart part, AxisWidening? widening)
    {
        long[] shape = [.. part.Entry.Shape];
        if (widening is not null)
        {
            shape[^(widening.Axis + 1)] = widening.NewLength;
        }

        return new TensorOutline(part.Entry.Name, part.Entry.Type, shape);
    }

    /// <summary>Copies a tensor.</summary>
    /// <exception cref="CliException">A matrix of it is too large.</exception>
    public void Copy(SourcePart part, AxisWidening? widening)
    {
        (_filled, _offset) = (0, 0);
        if (widening is null)
        {
            CopyAsItIs(part.File, part.Entry);
        }
        else
        {
            CopyWider(part.File, part.Entry, widening);
        }
    }

    private void CopyAsItIs(SafetensorsFile file, TensorEntry entry)
    {
        while (_offset < entry.Length)
        {
            _filled = (int)Math.Min(BytesPerPiece, entry.Length - _offset);
            file.Read(entry.Offset + _offset, _piece.AsSpan(0, _filled));
            Flush(entry.Name);
        }
    }

    private void CopyWider(SafetensorsFile file, TensorEntry entry, AxisWidening widening)
    {
        int innerBytes = (int)entry.Shape.TakeLast(widening.Axis).Aggregate((long)entry.Type.BytesPerElement(), (bytes, length) => bytes * length);
        long sliceBytes = (long)innerBytes * widening.OldLength;
        if (sliceBytes > Array.MaxLength)
        {
            throw new CliException($"{file.Path}: tensor {entry.Name} has matrices of {sliceBytes} bytes; expected at most {Array.MaxLength}");
        }

        (int? First, int Count)[] runs = [.. widening.Runs];
        byte[] slices = new byte[Math.Max(1, BytesPerPiece / sliceBytes) * sliceBytes];
        for (long done = 0; done < entry.Length;)
        {
            Span<byte> some = slices.AsSpan(0, (int)Math.Min(slices.Length, entry.Length - done));
            file.Read(entry.Offset + done, some);
            done += some.Length;
            for (; !some.IsEmpty; some = some[(int)sliceBytes..])
            {
                foreach ((int? first, int count) in runs)
                {
                    ReadOnlySpan<byte> run = first is { } place ? some.Slice(place * innerBytes, count * innerBytes) : [];
                    Append(entry.Name, run, (long)count * innerBytes);
                }
            }
        }

        Flush(entry.Name);
    }

    // bytes, and zeros behind them up to a length
    private void Append(string tensor, ReadOnlySpan<byte> bytes, long length)
    {
        while (length > 0)
        {
            int count = (int)Math.Min(length, BytesPerPiece - _filled), copied = Math.Min(count, bytes.Length);
            bytes[..copied].CopyTo(_piece.AsSpan(_filled));
            _piece.AsSpan(_filled + copied, count - copied).Clear();
            bytes = bytes[copied..];
            _filled += count;
            length -= count;
            if (_filled == BytesPerPiece)
            {
                Flush(tensor);
            }
        }
    }

    private void Flush(string tensor)
    {
        cancellationToken.ThrowIfCancellationRequested();
        writer.Write(tensor, _offset, _piece.AsSpan(0, _filled));
        written(_filled);
        _offset += _filled;
        _filled = 0;
    }
}
