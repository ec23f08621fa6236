using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using MoeGen.Weights.Quantized;

namespace MoeGen.Weights;

/// <summary>Puts rows into the panels of a matrix: a transpose of words, see <see cref="MatrixLayout"/>.</summary>
/// <param name="matrix">First byte of the matrix.</param>
/// <param name="columns">Its columns.</param>
/// <param name="format">Its format.</param>
internal readonly unsafe struct PanelWriter(byte* matrix, int columns, WeightFormat format)
{
    // words of a row that go to their panel before the next rows do: 16 lines of the panel stay in the first-level cache
    private const int WordsTogether = 16;

    // rows and words of a block that is transposed in registers
    private const int BlockSize = 4;

    private const int HalfWord = MatrixLayout.WordBytes / 2;

    /// <summary>Writes some columns of some rows; everything else in the panels stays as it is.</summary>
    /// <param name="firstRow">First row of the matrix.</param>
    /// <param name="numRows">Rows.</param>
    /// <param name="firstColumn">First column; of a quantised format a multiple of 32.</param>
    /// <param name="numColumns">Columns; of a quantised format a multiple of 32, or to the end.</param>
    /// <param name="source">The elements, or blocks, of the first row, one behind the other in the format of the matrix.</param>
    /// <param name="sourceStride">Bytes from one row of the source to the next.</param>
    public void Write(int firstRow, int numRows, int firstColumn, int numColumns, byte* source, nint sourceStride)
    {
        if (format.IsQuantized())
        {
            WriteBlocks(firstRow, numRows, firstColumn, numColumns, source, sourceStride);
            return;
        }

        int firstByte = firstColumn * format.BytesPerElement(), numBytes = numColumns * format.BytesPerElement();
        for (int row = firstRow, end = firstRow + numRows; row < end;)
        {
            (int panel, int place) = Math.DivRem(row, MatrixLayout.PanelRows);
            int count = Math.Min(MatrixLayout.PanelRows - place, end - row);
            byte* target = matrix + (panel * MatrixLayout.PanelBytes(columns, format)) + (place * MatrixLayout.WordBytes);
            WriteBytes(target, count, firstByte, numBytes, source, sourceStride);
            source += count * sourceStride;
            row += count;
        }
    }

    private void WriteBlocks(int firstRow, int numRows, int firstColumn, int numColumns, byte* source, nint sourceStride)
    {
        int firstBlock = firstColumn / QuantizedLayout.BlockSize, rowBytes = BlockFormats.RowBytes(format, numColumns);
        for (int row = firstRow; row < firstRow + numRows; row++, source += sourceStride)
        {
            (int panel, int place) = Math.DivRem(row, MatrixLayout.PanelRows);
            byte* target = matrix + (panel * MatrixLayout.PanelBytes(columns, format));
            BlockFormats.WriteBlocks(format, target, place, columns, firstBlock, new ReadOnlySpan<byte>(source, rowBytes));
        }
    }

    // bytes of rows that share a panel, where a 16-bit format may begin and end with half a word
    private static void WriteBytes(byte* panel, int numRows, int firstByte, int numBytes, byte* source, nint sourceStride)
    {
        byte* target = panel + (firstByte / MatrixLayout.WordBytes * MatrixLayout.WordStride);
        if (firstByte % MatrixLayout.WordBytes != 0 && numBytes > 0)
        {
            WriteHalves(target + HalfWord, numRows, source, sourceStride);
            target += MatrixLayout.WordStride;
            source += HalfWord;
            numBytes -= HalfWord;
        }

        int numWords = numBytes / MatrixLayout.WordBytes;
        for (int word = 0; word < numWords; word += WordsTogether)
        {
            byte* from = source + (word * MatrixLayout.WordBytes);
            WriteWords(target + (word * MatrixLayout.WordStride), numRows, Math.Min(WordsTogether, numWords - word), from, sourceStride);
        }

        if (numBytes % MatrixLayout.WordBytes != 0)
        {
            WriteHalves(target + (numWords * MatrixLayout.WordStride), numRows, source + (numWords * MatrixLayout.WordBytes), sourceStride);
        }
    }

    private static void WriteWords(byte* target, int numRows, int numWords, byte* source, nint sourceStride)
    {
        for (int row = 0; row < numRows; row += BlockSize)
        {
            for (int word = 0; word < numWords; word += BlockSize)
            {
                byte* from = source + (row * sourceStride) + (word * MatrixLayout.WordBytes);
                byte* to = target + (row * MatrixLayout.WordBytes) + (word * MatrixLayout.WordStride);
                if (row <= numRows - BlockSize && word <= numWords - BlockSize)
                {
                    Transpose(from, sourceStride, to);
                }
                else
                {
                    CopyWords(from, sourceStride, to, Math.Min(BlockSize, numRows - row), Math.Min(BlockSize, numWords - word));
                }
            }
        }
    }

    // 4 rows of 4 words to 4 words of 4 rows
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(byte* from, nint fromStride, byte* to)
    {
        Vector128<float> a = Vector128.Load((float*)from), b = Vector128.Load((float*)(from + fromStride));
        Vector128<float> c = Vector128.Load((float*)(from + (2 * fromStride))), d = Vector128.Load((float*)(from + (3 * fromStride)));
        Vector128<float> ac = ZipLower(a, c), bd = ZipLower(b, d), acUpper = ZipUpper(a, c), bdUpper = ZipUpper(b, d);
        ZipLower(ac, bd).Store((float*)to);
        ZipUpper(ac, bd).Store((float*)(to + MatrixLayout.WordStride));
        ZipLower(acUpper, bdUpper).Store((float*)(to + (2 * MatrixLayout.WordStride)));
        ZipUpper(acUpper, bdUpper).Store((float*)(to + (3 * MatrixLayout.WordStride)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> ZipLower(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackLow(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(a, b)
        : Vector128.Create(a[0], b[0], a[1], b[1]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> ZipUpper(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackHigh(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(a, b)
        : Vector128.Create(a[2], b[2], a[3], b[3]);

    private static void CopyWords(byte* from, nint fromStride, byte* to, int numRows, int numWords)
    {
        for (int row = 0; row < numRows; row++)
        {
            for (int word = 0; word < numWords; word++)
            {
                uint value = Unsafe.ReadUnaligned<uint>(from + (row * fromStride) + (word * MatrixLayout.WordBytes));
                *(uint*)(to + (row * MatrixLayout.WordBytes) + (word * MatrixLayout.WordStride)) = value;
            }
        }
    }

    private static void WriteHalves(byte* target, int numRows, byte* source, nint sourceStride)
    {
        for (int row = 0; row < numRows; row++)
        {
            *(ushort*)(target + (row * MatrixLayout.WordBytes)) = Unsafe.ReadUnaligned<ushort>(source + (row * sourceStride));
        }
    }
}
