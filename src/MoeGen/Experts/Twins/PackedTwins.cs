using MoeGen.Memory;
using MoeGen.Packs;
using MoeGen.Weights;

namespace MoeGen.Experts.Twins;

/// <summary>Twins of a packed model, from <c>twins.safetensors</c>.</summary>
/// <param name="pack">The file; disposed with this.</param>
/// <param name="layout">What lies where in a twin.</param>
internal sealed unsafe class PackedTwins(PackFile pack, TwinLayout layout) : IExpertTwins
{
    private readonly ExpertIndex _index = new(pack.Layout.Info);
    private readonly Stack<NativeBuffer> _free = new(); // windows, as many as threads have ever read at once
    private readonly long _windowBytes = DirectFile.WindowBytes(layout.Pieces.Max(piece => piece.Length));

    public int NumPieces => layout.Pieces.Count;

    public long SizeOfPiece(int piece) => layout.Pieces[piece].Length;

    /// <summary>Bytes that readers hold at most.</summary>
    /// <param name="info">The model.</param>
    /// <param name="count">Readers.</param>
    public static long BufferBytes(ModelInfo info, int count) => count * DirectFile.WindowBytes(TwinLayout.MaxPieceBytes(info));

    public void Read(int layer, int expert, int piece, byte* slot)
    {
        NativeBuffer window = Rent();
        try
        {
            TwinPiece bounds = layout.Pieces[piece];
            long offset = pack.OffsetOf(_index.Of(layer, expert)) + bounds.Offset;
            fixed (byte* bytes = pack.File.Read(offset, bounds.Length, window))
            {
                if (!layout.TryExpand(piece, bytes, slot, out ulong found, out ulong expected))
                {
                    throw new CheckpointException(
                        pack.File.Path,
                        $"piece {piece} of the twin of expert {expert} of layer {layer} has checksum {found:x16}; expected {expected:x16}; "
                        + "the file or the disk is damaged: run `moegen pack` again");
                }
            }
        }
        finally
        {
            Return(window);
        }
    }

    public void Dispose()
    {
        pack.Dispose();
        while (_free.TryPop(out NativeBuffer? window))
        {
            window.Dispose();
        }
    }

    private NativeBuffer Rent()
    {
        lock (_free)
        {
            return _free.TryPop(out NativeBuffer? window) ? window : new NativeBuffer(_windowBytes, DirectFile.Alignment);
        }
    }

    private void Return(NativeBuffer window)
    {
        lock (_free)
        {
            _free.Push(window);
        }
    }
}
