using System.Buffers.Binary;

namespace MoeGen.Weights.Quantized;

/// <summary>
/// 16 rows of a quantised matrix: their scales, [blocks, 16 rows], filled up to whole cache lines, and then for each block their codes,
/// [groups of columns, 16 rows, group], so that a vector holds the same columns of all rows.
/// </summary>
internal static unsafe class QuantizedPanel
{
    /// <summary>Puts a row of blocks in its place.</summary>
    /// <param name="panel">First byte of the panel.</param>
    /// <param name="row">Row of the panel, 0 to 15.</param>
    /// <param name="columns">Columns of the matrix.</param>
    /// <param name="blocks">The row, <see cref="QuantizedLayout.RowBytes"/> bytes.</param>
    public static void WriteRow<TBlock>(byte* panel, int row, int columns, ReadOnlySpan<byte> blocks)
        where TBlock : struct, IBlockFormat =>
        WriteBlocks<TBlock>(panel, row, columns, 0, blocks[..QuantizedLayout.RowBytes<TBlock>(columns)]);

    /// <summary>Puts some blocks of a row in their places.</summary>
    /// <inheritdoc cref="WriteRow"/>
    /// <param name="firstBlock">Number of the first one in the row.</param>
    /// <param name="blocks">The blocks, one behind the other.</param>
    public static void WriteBlocks<TBlock>(byte* panel, int row, int columns, int firstBlock, ReadOnlySpan<byte> blocks)
        where TBlock : struct, IBlockFormat
    {
        ushort* scales = (ushort*)panel + row;
        byte* codes = panel + QuantizedLayout.ScaleBytes(columns) + (row * TBlock.RowStride);
        for (int block = firstBlock; !blocks.IsEmpty; block++, blocks = blocks[TBlock.BytesPerBlock..])
        {
            ReadOnlySpan<byte> source = blocks[..TBlock.BytesPerBlock];
            scales[block * MatrixLayout.PanelRows] = BinaryPrimitives.ReadUInt16LittleEndian(source);
            TBlock.Interleave(source[sizeof(ushort)..], codes + ((nint)block * QuantizedLayout.CodeBytes<TBlock>()));
        }
    }

    /// <summary>Takes a row of blocks out again, to the bit as it was put there.</summary>
    /// <inheritdoc cref="WriteRow"/>
    /// <param name="blocks">Receives the row, <see cref="QuantizedLayout.RowBytes"/> bytes.</param>
    public static void ReadRow<TBlock>(byte* panel, int row, int columns, Span<byte> blocks)
        where TBlock : struct, IBlockFormat
    {
        ushort* scales = (ushort*)panel + row;
        byte* codes = panel + QuantizedLayout.ScaleBytes(columns) + (row * TBlock.RowStride);
        for (int block = 0; block < QuantizedLayout.BlocksPerRow(columns); block++)
        {
            Span<byte> target = blocks.Slice(block * TBlock.BytesPerBlock, TBlock.BytesPerBlock);
            BinaryPrimitives.WriteUInt16LittleEndian(target, scales[block * MatrixLayout.PanelRows]);
            TBlock.Deinterleave(codes + ((nint)block * QuantizedLayout.CodeBytes<TBlock>()), target[sizeof(ushort)..]);
        }
    }

    /// <summary>Computes the values of a row: an embedding's, or for people who look into a model.</summary>
    /// <inheritdoc cref="WriteRow"/>
    /// <param name="values">Receives as many values as the matrix has columns.</param>
    public static void Dequantize<TBlock>(byte* panel, int row, int columns, Span<float> values)
        where TBlock : struct, IBlockFormat
    {
        Span<byte> block = stackalloc byte[QuantizedLayout.BlockSize + sizeof(ushort)];
        block = block[..TBlock.BytesPerBlock];
        ushort* scales = (ushort*)panel + row;
        byte* codes = panel + QuantizedLayout.ScaleBytes(columns) + (row * TBlock.RowStride);
        for (int first = 0; first < columns; first += QuantizedLayout.BlockSize)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(block, *scales);
            TBlock.Deinterleave(codes, block[sizeof(ushort)..]);
            BlockQuantizer.Dequantize<TBlock>(block, values.Slice(first, Math.Min(QuantizedLayout.BlockSize, columns - first)));
            scales += MatrixLayout.PanelRows;
            codes += QuantizedLayout.CodeBytes<TBlock>();
        }
    }
}
