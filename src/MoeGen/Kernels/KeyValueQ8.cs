using System.Runtime.CompilerServices;
using MoeGen.Kernels.Quantized;
using MoeGen.Weights;
using MoeGen.Weights.Quantized;

namespace MoeGen.Kernels;

/// <summary>
/// Blocks of 32 integers from -127 to 127 that share a scale, <c>x ≈ scale * q</c> with <c>scale = max |x| / 127</c>: symmetric, so that
/// zero stays zero. A row holds the integers, [dim] i8, and then the scales, [dim / 32] f32.
/// </summary>
internal readonly unsafe struct KeyValueQ8 : IKeyValueFormat
{
    private const int BlockLength = QuantizedLayout.BlockSize;
    private const float LargestInteger = sbyte.MaxValue;

    // below it a scale would be subnormal and its inverse infinite; beside other keys and values such a block is nothing
    private const float Smallest = 1e-35f;

    public static KeyValueFormat Format => KeyValueFormat.Q8;

    public static float Largest => float.MaxValue;

    public static int RowBytes(int dim)
    {
        int padded = MatrixLayout.PaddedColumns(dim);
        return padded + (padded / BlockLength * sizeof(float));
    }

    public static bool TryStore(float* source, byte* row, int dim)
    {
        float* scales = Scales(row, dim);
        float* block = stackalloc float[BlockLength];
        bool fits = true;
        for (int first = 0; first < dim; first += BlockLength)
        {
            int count = Math.Min(BlockLength, dim - first);
            new Span<float>(block, BlockLength).Clear();
            new Span<float>(source + first, count).CopyTo(new Span<float>(block, count));
            float largest = BlockCodes.LargestMagnitude(block);
            fits &= largest <= Largest;
            scales[first / BlockLength] = largest < Smallest ? 0 : largest / LargestInteger;
            _ = BlockCodes.ToInt8(block, largest < Smallest ? 0 : LargestInteger / largest, (sbyte*)row + first);
        }

        return fits;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load<TSimd, TVector>(byte* row, int column, int dim)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct =>
        TSimd.Multiply(TSimd.LoadInt8((sbyte*)row + column), TSimd.Broadcast(Scales(row, dim)[column / BlockLength]));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* Scales(byte* row, int dim) => (float*)(row + MatrixLayout.PaddedColumns(dim));
}
