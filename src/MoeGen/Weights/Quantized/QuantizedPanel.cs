using System.Buffers.Binary;

namespace MoeGen.Weights.Quantized;

/// <summary>
/// 16 rows of a quantised matrix: their scales, [blocks, 16 rows], filled up to whole cache lines, and then for each block their codes,
/// [groups of columns, 16 rows, group], so that a vector holds the same columns of all rows.
/// </summary>
internal static unsafe class QuantizedPanel
{
    /// <summary>Columns of a tile: rows on their way into a panel, of float32 so many that their runs are worth moving.</summary>
    public const int TileColumns = 2 * QuantizedLayout.BlockSize;

    /// <summary>Quantises some columns of some rows, and puts them in their places.</summary>
    /// <param name="panel">First byte of the panel.</param>
    /// <param name="row">First row of the panel, 0 to 15.</param>
    /// <param name="numRows">Rows; the others of the panel stay as they are.</param>
    /// <param name="columns">Columns of the matrix.</param>
    /// <param name="firstBlock">Number of the first block in the rows.</param>
    /// <param name="numBlocks">Blocks of a row.</param>
    /// <param name="tile">
    /// The values, as in a panel of float32, [up to <see cref="TileColumns"/>, 16 rows]: zeros in other rows, and behind the last column
    /// of the matrix.
    /// </param>
    /// <returns>False: a value is not finite or asks for a scale that a float of 16 bits cannot hold.</returns>
    public static bool TryQuantize<TBlock>(
        byte* panel, int row, int numRows, int columns, int firstBlock, int numBlocks, float* tile)
        where TBlock : struct, IBlockFormat
    {
        if (numRows == MatrixLayout.PanelRows)
        {
            byte* codes = panel + QuantizedLayout.ScaleBytes(columns) + ((nint)firstBlock * QuantizedLayout.CodeBytes<TBlock>());
            ushort* scales = (ushort*)panel + (firstBlock * MatrixLayout.PanelRows);
            return PanelQuantizer.TryQuantize<TBlock>((byte*)tile, WeightFormat.F32, numBlocks, scales, codes);
        }

        // a panel of its own, from which the rows are taken
        byte* whole = stackalloc byte[QuantizedLayout.PanelBytes<TBlock>(TileColumns)];
        byte* wholeCodes = whole + QuantizedLayout.ScaleBytes(TileColumns);
        bool isDone = PanelQuantizer.TryQuantize<TBlock>((byte*)tile, WeightFormat.F32, numBlocks, (ushort*)whole, wholeCodes);
        Span<byte> blocks = stackalloc byte[QuantizedLayout.RowBytes<TBlock>(TileColumns)];
        for (int i = row; isDone && i < row + numRows; i++)
        {
            ReadRow<TBlock>(whole, i, TileColumns, blocks);
            WriteBlocks<TBlock>(panel, i, columns, firstBlock, blocks[..(numBlocks * TBlock.BytesPerBlock)]);
        }

        return isDone;
    }

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
