using System.Buffers.Binary;
using MoeGen.Weights.Quantized;

namespace MoeGen.Tests.Weights.Quantized;

/// <summary>
/// The fields of <c>block_q8_0</c> and <c>block_q4_0</c>, read as llama.cpp declares them and not by the code that is tested.
/// </summary>
internal static class QuantizedRow
{
    public static float Scale<TBlock>(ReadOnlySpan<byte> row, int column)
        where TBlock : struct, IBlockFormat =>
        (float)BinaryPrimitives.ReadHalfLittleEndian(row[(column / 32 * TBlock.BytesPerBlock)..]);

    /// <summary>What the scale is multiplied by.</summary>
    public static int Code<TBlock>(ReadOnlySpan<byte> row, int column)
        where TBlock : struct, IBlockFormat
    {
        ReadOnlySpan<byte> codes = row[((column / 32 * TBlock.BytesPerBlock) + 2)..];
        int j = column % 32;
        return typeof(TBlock) == typeof(Q8Block) ? (sbyte)codes[j] : (j < 16 ? codes[j] & 0xF : codes[j - 16] >> 4) - 8;
    }

    /// <summary>A row with any codes, and scales that are finite and of both signs.</summary>
    public static byte[] Random<TBlock>(Random random, int columns)
        where TBlock : struct, IBlockFormat
    {
        byte[] row = new byte[QuantizedLayout.RowBytes<TBlock>(columns)];
        random.NextBytes(row);
        for (int block = 0; block < row.Length; block += TBlock.BytesPerBlock)
        {
            BinaryPrimitives.WriteHalfLittleEndian(row.AsSpan(block), (Half)(random.NextDouble() - 0.5));
        }

        return row;
    }
}
