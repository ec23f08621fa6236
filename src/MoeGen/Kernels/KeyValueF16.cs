using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MoeGen.Weights;

namespace MoeGen.Kernels;

/// <summary>Elements rounded to IEEE half precision, to the nearest and even where two are as near.</summary>
internal readonly unsafe struct KeyValueF16 : IKeyValueFormat
{
    public static KeyValueFormat Format => KeyValueFormat.F16;

    public static float Largest => (float)Half.MaxValue;

    public static int RowBytes(int dim) => MatrixLayout.PaddedColumns(dim) * sizeof(ushort);

    public static bool TryStore(float* source, byte* row, int dim)
    {
        ushort* halves = (ushort*)row;
        Vector256<float> largest = Vector256<float>.Zero;
        int i = 0;
        for (; i <= dim - (2 * Vector256<float>.Count); i += 2 * Vector256<float>.Count)
        {
            Vector256<float> a = Vector256.Load(source + i), b = Vector256.Load(source + i + Vector256<float>.Count);
            largest = Vector256.Max(largest, Vector256.Max(Vector256.Abs(a), Vector256.Abs(b)));
            Vector256.Narrow(HalfBits.ToF16(a), HalfBits.ToF16(b)).Store(halves + i);
        }

        bool fits = Vector256.LessThanOrEqualAll(largest, Vector256.Create(Largest));
        for (; i < dim; i++)
        {
            fits &= Math.Abs(source[i]) <= Largest;
            halves[i] = BitConverter.HalfToUInt16Bits((Half)source[i]);
        }

        return fits;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load<TSimd, TVector>(byte* row, int column, int dim)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct =>
        TSimd.LoadF16((ushort*)row + column);
}
