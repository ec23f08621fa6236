using MoeGen.Weights;
using MoeGen.Weights.Quantized;

namespace MoeGen.Experts.Twins;

/// <summary>
/// The twin of an expert: the same matrices in Q4, from which the expert's own format is computed when the twin is read. It lies in pieces,
/// each with a checksum in front, so that several threads read and expand one twin, and none needs all of it.
/// </summary>
internal sealed unsafe class TwinLayout
{
    /// <summary>Name of the format.</summary>
    public const string Format = "q4";

    // about as long to read and expand as a piece of an expert is to read
    private const int BytesPerPiece = 1 << 20;

    // a checksum, and nothing up to the next cache line
    private const int ChecksumBytes = 64;

    /// <summary>Largest magnitude that a twin can hold: the largest scale, a float of 16 bits, times the largest code.</summary>
    public const float MaxMagnitude = 65504f * Q4Block.Zero;

    private readonly TwinPiece[] _pieces;

    /// <summary>Computes the layout.</summary>
    /// <param name="declarations">Tensors of the model.</param>
    public TwinLayout(IReadOnlyList<TensorDeclaration> declarations)
    {
        List<TwinPiece> pieces = [];
        List<TwinRun> runs = [];
        long offset = 0, length = ChecksumBytes;
        foreach (TwinRun run in RunsOf(declarations))
        {
            if (runs.Count > 0 && length + run.TwinBytes > BytesPerPiece)
            {
                EndPiece();
            }

            // panels of a matrix become one run again
            if (runs.Count > 0 && !run.IsVector && runs[^1].Columns == run.Columns && EndOf(runs[^1]) == run.Offset)
            {
                runs[^1] = runs[^1] with { Count = runs[^1].Count + run.Count };
            }
            else
            {
                runs.Add(run);
            }

            length += run.TwinBytes;
        }

        EndPiece();
        _pieces = [.. pieces];
        SizeInBytes = offset;

        void EndPiece()
        {
            pieces.Add(new TwinPiece(offset, checked((int)length), [.. runs]));
            offset += length;
            length = ChecksumBytes;
            runs.Clear();
        }
    }

    /// <summary>Bytes of a twin.</summary>
    public long SizeInBytes { get; }

    /// <summary>Pieces of a twin, in their order.</summary>
    public IReadOnlyList<TwinPiece> Pieces => _pieces;

    /// <summary>Most bytes of a piece, known before the tensors are: for plans of memory.</summary>
    /// <param name="info">The model.</param>
    /// <remarks>
    /// Half an expert at most: 320 bytes for 1024 or more of a panel, and vectors, which do not shrink, have an eighth of the bytes of the
    /// matrix that they belong to at most. A piece is larger than others only where a single panel is: matrices of an expert have as many
    /// columns as the model is wide, or as many rows, each with 2 bytes a column at least, and a panel in Q4 has 10 bytes a column at most.
    /// </remarks>
    public static long MaxPieceBytes(ModelInfo info)
    {
        long columns = Math.Max(info.HiddenSize, info.ExpertBytes / (2L * info.HiddenSize)) + MatrixLayout.ColumnPadding;
        return ChecksumBytes + Math.Min(info.ExpertBytes / 2, Math.Max(BytesPerPiece, 10 * columns));
    }

    /// <summary>Makes the twin of an expert.</summary>
    /// <param name="blob">The expert.</param>
    /// <param name="twin">Receives <see cref="SizeInBytes"/> bytes; zeros before.</param>
    /// <param name="excess">A value that is beyond <see cref="MaxMagnitude"/>.</param>
    /// <returns>False: there is such a value.</returns>
    public bool TryMake(byte* blob, byte* twin, out float excess)
    {
        foreach (TwinPiece piece in _pieces)
        {
            byte* data = twin + piece.Offset + ChecksumBytes;
            foreach (TwinRun run in piece.Runs)
            {
                if (run.IsVector)
                {
                    new ReadOnlySpan<byte>(blob + run.Offset, run.Count).CopyTo(new Span<byte>(data, run.Count));
                }
                else if (!TryQuantize(run, blob + run.Offset, data, out excess))
                {
                    return false;
                }

                data += run.TwinBytes;
            }

            *(ulong*)(twin + piece.Offset) = ChecksumOf(piece, twin + piece.Offset);
        }

        excess = 0;
        return true;
    }

    /// <summary>Puts a piece of a twin into a slot, in the format of the expert.</summary>
    /// <param name="index">0-based piece.</param>
    /// <param name="bytes">The piece.</param>
    /// <param name="slot">First byte of the slot.</param>
    /// <param name="found">The checksum that its bytes have.</param>
    /// <param name="expected">The one that it was written with.</param>
    /// <returns>False: they differ, and the slot is as it was.</returns>
    public bool TryExpand(int index, byte* bytes, byte* slot, out ulong found, out ulong expected)
    {
        TwinPiece piece = _pieces[index];
        (found, expected) = (ChecksumOf(piece, bytes), *(ulong*)bytes);
        if (found != expected)
        {
            return false;
        }

        byte* data = bytes + ChecksumBytes;
        foreach (TwinRun run in piece.Runs)
        {
            if (run.IsVector)
            {
                new ReadOnlySpan<byte>(data, run.Count).CopyTo(new Span<byte>(slot + run.Offset, run.Count));
            }
            else
            {
                Q4Expansion.Expand(data, run.Count, run.Columns, run.Format, slot + run.Offset);
            }

            data += run.TwinBytes;
        }

        return true;
    }

    private static ulong ChecksumOf(TwinPiece piece, byte* bytes) => XxHash64.Of(bytes + ChecksumBytes, piece.Length - ChecksumBytes);

    private static long EndOf(TwinRun run) => run.Offset + (run.Count * MatrixLayout.PanelBytes(run.Columns, run.Format));

    // panel by panel, in the order of the blob; stacks of an encoder and a decoder have the same expert
    private static IEnumerable<TwinRun> RunsOf(IReadOnlyList<TensorDeclaration> declarations)
    {
        IEnumerable<TensorDeclaration> tensors = declarations.Where(tensor => tensor.ExpertOffset is not null);
        foreach (TensorDeclaration tensor in tensors.DistinctBy(tensor => tensor.ExpertOffset).OrderBy(tensor => tensor.ExpertOffset))
        {
            long offset = tensor.ExpertOffset!.Value;
            if (tensor.IsVector)
            {
                yield return new TwinRun(offset, checked((int)tensor.SizeInBytes), 0, tensor.Format);
                continue;
            }

            long panelBytes = MatrixLayout.PanelBytes(tensor.Shape[1], tensor.Format);
            for (long end = offset + tensor.SizeInBytes; offset < end; offset += panelBytes)
            {
                yield return new TwinRun(offset, 1, tensor.Shape[1], tensor.Format);
            }
        }
    }

    // rows and columns that fill up are quantised with the others
    private static bool TryQuantize(TwinRun run, byte* panels, byte* twin, out float excess)
    {
        excess = 0;
        int numBlocks = QuantizedLayout.BlocksPerRow(run.Columns), scaleBytes = QuantizedLayout.ScaleBytes(run.Columns);
        for (int panel = 0; panel < run.Count; panel++)
        {
            if (!PanelQuantizer.TryQuantize<Q4Block>(panels, run.Format, numBlocks, (ushort*)twin, twin + scaleBytes))
            {
                excess = PanelQuantizer.FindTooLarge<Q4Block>(panels, run.Format, run.Columns).Value;
                return false;
            }

            panels += MatrixLayout.PanelBytes(run.Columns, run.Format);
            twin += QuantizedLayout.PanelBytes<Q4Block>(run.Columns);
        }

        return true;
    }
}
