using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace MoeGen.Weights.Quantized;

/// <summary>Sizes of the quantised formats, and what their quantisers share.</summary>
internal static class QuantizedLayout
{
    /// <summary>Columns of a row that share a scale.</summary>
    public const int BlockSize = 32;

    // codes begin at a cache line
    private const int Alignment = 64;

    /// <summary>Blocks of a row, the last one filled up with zeros.</summary>
    public static int BlocksPerRow(int columns) => (columns + BlockSize - 1) / BlockSize;

    /// <summary>Bytes of a row as files hold it.</summary>
    public static int RowBytes<TBlock>(int columns)
        where TBlock : struct, IBlockFormat => BlocksPerRow(columns) * TBlock.BytesPerBlock;

    /// <summary>Bytes in front of the codes of a panel: its scales, [blocks, 16 rows], float of 16 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ScaleBytes(int columns) =>
        ((BlocksPerRow(columns) * MatrixLayout.PanelRows * sizeof(ushort)) + Alignment - 1) / Alignment * Alignment;

    /// <summary>Bytes of the codes of a panel's block, [groups of columns, 16 rows, group].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CodeBytes<TBlock>()
        where TBlock : struct, IBlockFormat => (TBlock.BytesPerBlock - sizeof(ushort)) * MatrixLayout.PanelRows;

    /// <summary>Bytes of a panel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int PanelBytes<TBlock>(int columns)
        where TBlock : struct, IBlockFormat => ScaleBytes(columns) + (BlocksPerRow(columns) * CodeBytes<TBlock>());

    /// <summary>Index of the first value that no other exceeds in magnitude; all are finite.</summary>
    public static int IndexOfMaxMagnitude(ReadOnlySpan<float> values)
    {
        int index = 0;
        for (int i = 1; i < values.Length; i++)
        {
            if (MathF.Abs(values[i]) > MathF.Abs(values[index]))
            {
                index = i;
            }
        }

        return index;
    }

    /// <summary>Rounds a scale to 16 bits.</summary>
    /// <returns>Whether it is finite then.</returns>
    public static bool TryWriteScale(float scale, Span<byte> block)
    {
        Half rounded = (Half)scale;
        BinaryPrimitives.WriteHalfLittleEndian(block, rounded);
        return Half.IsFinite(rounded);
    }

    /// <summary>
    /// What values are multiplied by to get codes; 0 where the scale is too small to be divided by, and all codes are those of zero.
    /// </summary>
    public static float Inverse(float scale)
    {
        float inverse = 1 / scale;
        return float.IsFinite(inverse) ? inverse : 0;
    }
}
