using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MoeGen.Kernels.Quantized;

namespace MoeGen.Kernels;

/// <content>A quarter of a panel of quantised weights, without instructions of one processor.</content>
internal readonly unsafe partial struct Simd128 : IPanelSimd<Vector128<int>, Vector128<float>>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Broadcast(int columns) => Vector128.Create(columns);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> LoadPairs(byte* source) =>
        Vector128.WidenLower(Vector128.CreateScalar(*(long*)source).AsSByte()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> LoadLowNibbles(byte* source) => Vector128.Load((int*)source) & Vector128.Create(0x0F0F_0F0F);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> LoadHighNibbles(byte* source) => (Vector128.Load((int*)source) >>> 4) & Vector128.Create(0x0F0F_0F0F);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> DotPairs(Vector128<int> a, Vector128<int> b) => (Low(a) * Low(b)) + (High(a) * High(b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> DotHalves(Vector128<int> codes, Vector128<int> activations)
    {
        Vector128<short> w = codes.AsInt16(), x = activations.AsInt16();
        return (((w & Vector128.Create((short)0xFF)) * ((x << 8) >> 8)) + ((w >>> 8) * (x >> 8))).AsInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Add(Vector128<int> a, Vector128<int> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> AddHalves(Vector128<int> a, Vector128<int> b) => (a.AsInt16() + b.AsInt16()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> SumOfHalves(Vector128<int> halves) => Low(halves) + High(halves);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<int> sum, Vector128<float> scale, Vector128<float> total) =>
        Vector128.FusedMultiplyAdd(Vector128.ConvertToSingle(sum), scale, total);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Low(Vector128<int> halves) => (halves << 16) >> 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> High(Vector128<int> halves) => halves >> 16;
}
