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
        Vector128<float> largest = Vector128<float>.Zero;
        int i = 0;
        for (; i <= dim - (2 * Vector128<float>.Count); i += 2 * Vector128<float>.Count)
        {
            Vector128<float> a = Vector128.Load(source + i), b = Vector128.Load(source + i + Vector128<float>.Count);
            largest = Vector128.Max(largest, Vector128.Max(Vector128.Abs(a), Vector128.Abs(b)));
            Vector128.Narrow(Round(a), Round(b)).Store(halves + i);
        }

        bool fits = Vector128.LessThanOrEqualAll(largest, Vector128.Create(Largest));
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

    // bits of the nearest half, each in a lane of 32; .NET exposes no instruction for it
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Round(Vector128<float> value)
    {
        Vector128<uint> bits = value.AsUInt32();
        Vector128<uint> sign = (bits >> HalfBits.F16SignShift) & Vector128.Create(HalfBits.F16Sign);
        Vector128<uint> magnitude = bits & Vector128.Create(~(HalfBits.F16Sign << HalfBits.F16SignShift));

        // half of the last place is added before the rest is cut off, less by one where the result is even already
        Vector128<uint> odd = (magnitude >> HalfBits.F16Shift) & Vector128<uint>.One;
        Vector128<uint> normal = (magnitude + odd + Vector128.Create(HalfBits.F16Rounding)) >> HalfBits.F16Shift;

        // the last place of a float at 1/2 is that of a subnormal half, so adding 1/2 rounds
        Vector128<float> half = Vector128.Create(0.5f);
        Vector128<uint> subnormal = (magnitude.AsSingle() + half).AsUInt32() - half.AsUInt32();
        Vector128<uint> isSubnormal = Vector128.LessThan(magnitude, Vector128.Create(HalfBits.F16SmallestNormal));
        return Vector128.ConditionalSelect(isSubnormal, subnormal, normal) | sign;
    }
}
