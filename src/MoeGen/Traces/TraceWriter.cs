using System.Runtime.InteropServices;
using MoeGen.Weights;

namespace MoeGen.Traces;

/// <summary>
/// Writes an activation trace pass by pass. Nobody knows beforehand how many tokens there will be, but a safetensors file has its tensors
/// one after the other: rows of tokens wait in a file beside the trace, and <see cref="Commit"/> sorts them into the tensors. The trace
/// appears under its name only when it is complete; memory is bounded by one pass.
/// </summary>
internal sealed class TraceWriter : IDisposable
{
    private const int BlockBytes = 1 << 20;

    private readonly string _path;
    private readonly TraceInfo _info;
    private readonly IReadOnlyList<TraceColumn> _columns; // all that there can be
    private readonly FileStream _rows;
    private readonly byte[] _row; // [rowBytes] of the token that is written
    private int _numPasses;

    /// <summary>Starts a trace.</summary>
    /// <param name="path">Its name; what is there stays until the trace is complete.</param>
    /// <param name="info">The model.</param>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    public TraceWriter(string path, TraceInfo info)
    {
        _path = path;
        _info = info;
        _columns = TraceColumn.Of(info, hasNext: true);
        _row = new byte[_columns.Sum(column => column.RowBytes)];
        _rows = new FileStream(
            $"{path}.{Environment.ProcessId}.rows.tmp",
            new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                BufferSize = BlockBytes,
                Options = FileOptions.DeleteOnClose,
            });
    }

    /// <summary>Tokens so far.</summary>
    public int NumTokens { get; private set; }

    /// <summary>Adds a pass.</summary>
    /// <param name="pass">The pass; only read.</param>
    public void Append(TracePass pass)
    {
        for (int token = 0; token < pass.NumTokens; token++)
        {
            Encode(pass, token);
            _rows.Write(_row);
        }

        NumTokens = checked(NumTokens + pass.NumTokens);
        _numPasses++;
    }

    /// <summary>Writes the trace under its name.</summary>
    /// <param name="hasNext">Whether all passes had predictions of the next layer's router.</param>
    /// <param name="cancellationToken">Ends it; nothing is left.</param>
    public void Commit(bool hasNext, CancellationToken cancellationToken)
    {
        IReadOnlyList<TraceColumn> columns = TraceColumn.Of(_info, hasNext);
        using SafetensorsWriter writer = new(_path, [.. columns.Select(column => column.Outline(NumTokens))], _info.ToStrings());
        int blockRows = Math.Max(1, BlockBytes / _row.Length);
        byte[] block = new byte[blockRows * _row.Length];
        byte[] part = new byte[blockRows * columns.Max(column => column.RowBytes)];
        _rows.Position = 0;
        for (int first = 0; first < NumTokens; first += blockRows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = Math.Min(blockRows, NumTokens - first);
            _rows.ReadExactly(block, 0, count * _row.Length);
            foreach (TraceColumn column in columns)
            {
                Span<byte> rows = part.AsSpan(0, count * column.RowBytes);
                Gather(block, column, rows);
                writer.Write(column.Name, (long)first * column.RowBytes, rows);
            }
        }

        writer.Commit();
    }

    /// <summary>Gives up what has not been committed.</summary>
    public void Dispose() => _rows.Dispose();

    private void Encode(TracePass pass, int token)
    {
        Span<byte> rest = _row;
        foreach (TraceColumn column in _columns)
        {
            Span<byte> cell = rest[..column.RowBytes];
            rest = rest[column.RowBytes..];
            switch (column.Name)
            {
                case TraceColumn.Sequence:
                    MemoryMarshal.Write(cell, pass.Sequence);
                    break;
                case TraceColumn.Pass:
                    MemoryMarshal.Write(cell, _numPasses);
                    break;
                case TraceColumn.IsPrompt:
                    cell[0] = (byte)(pass.IsPrompt ? 1 : 0);
                    break;
                case TraceColumn.Token:
                    MemoryMarshal.Write(cell, pass.Tokens[token]);
                    break;
                case TraceColumn.Experts:
                    MemoryMarshal.AsBytes(Row(pass.Experts, pass, token)).CopyTo(cell);
                    break;
                case TraceColumn.Probabilities:
                    FloatConverter.Narrow(Row(pass.Probabilities, pass, token), WeightFormat.F16, cell);
                    break;
                case TraceColumn.NextProbabilities:
                    FloatConverter.Narrow(Row(pass.NextProbabilities, pass, token), WeightFormat.F16, cell);
                    break;
                default:
                    FloatConverter.Narrow(Row(pass.Embeddings, pass, token), WeightFormat.BF16, cell);
                    break;
            }
        }
    }

    private static ReadOnlySpan<T> Row<T>(ReadOnlySpan<T> values, TracePass pass, int token)
    {
        int width = values.Length / pass.NumTokens;
        return values.Slice(token * width, width);
    }

    // the column's cells of all rows of a block, one after the other
    private void Gather(ReadOnlySpan<byte> block, TraceColumn column, Span<byte> cells)
    {
        int offset = _columns.TakeWhile(other => other.Name != column.Name).Sum(other => other.RowBytes);
        for (int row = 0; row < cells.Length / column.RowBytes; row++)
        {
            block.Slice((row * _row.Length) + offset, column.RowBytes).CopyTo(cells[(row * column.RowBytes)..]);
        }
    }
}
