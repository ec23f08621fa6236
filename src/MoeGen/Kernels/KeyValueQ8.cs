using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MoeGen.Weights;

namespace MoeGen.Kernels;

/// <summary>
/// Blocks of 32 integers from -127 to 127 that share a scale, <c>x ≈ scale * q</c> with <c>scale = max |x| / 127</c>: symmetric, so that
/// zero stays zero. A row holds the integers, [dim] i8, and then the scales, [dim / 32] f32.
/// </summary>
internal readonly unsafe struct KeyValueQ8 : IKeyValueFormat
{
    private const int BlockLength = MatrixLayout.ColumnPadding;
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
            float largest = LargestMagnitude(block);
            fits &= largest <= Largest;
            scales[first / BlockLength] = largest < Smallest ? 0 : largest / LargestInteger;
            Quantise(block, largest < Smallest ? 0 : LargestInteger / largest, (sbyte*)row + first);
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

    private static float LargestMagnitude(float* block)
    {
        Vector128<float> largest = Vector128<float>.Zero;
        for (int i = 0; i < BlockLength; i += Vector128<float>.Count)
        {
            largest = Vector128.Max(largest, Vector128.Abs(Vector128.Load(block + i)));
        }

        return Math.Max(Math.Max(largest[0], largest[1]), Math.Max(largest[2], largest[3]));
    }

    private static void Quantise(float* block, float inverse, sbyte* integers)
    {
        for (int i = 0; i < BlockLength; i += Vector128<sbyte>.Count)
        {
            Vector128<short> low = Vector128.Narrow(Integers(block + i, inverse), Integers(block + i + 4, inverse));
            Vector128<short> high = Vector128.Narrow(Integers(block + i + 8, inverse), Integers(block + i + 12, inverse));
            Vector128.Narrow(low, high).Store(integers + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Integers(float* values, float inverse) =>
        Vector128.ConvertToInt32(Vector128.Round(Vector128.Load(values) * inverse));
}
