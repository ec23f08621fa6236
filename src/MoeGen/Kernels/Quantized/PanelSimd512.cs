using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MoeGen.Kernels.Quantized;

/// <summary>512 bits (AVX-512BW).</summary>
internal readonly unsafe struct PanelSimd512 : IPanelSimd<Vector512<int>, Vector512<float>>
{
    public static bool IsSupported => Vector512.IsHardwareAccelerated && Avx512BW.IsSupported;

    public static int Rows => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Broadcast(int columns) => Vector512.Create(columns);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> LoadPairs(byte* source) => Avx512BW.ConvertToVector512Int16(Vector256.Load((sbyte*)source)).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> LoadLowNibbles(byte* source) => Vector512.Load((int*)source) & Vector512.Create(0x0F0F_0F0F);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> LoadHighNibbles(byte* source) => (Vector512.Load((int*)source) >>> 4) & Vector512.Create(0x0F0F_0F0F);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> DotPairs(Vector512<int> a, Vector512<int> b) => Avx512BW.MultiplyAddAdjacent(a.AsInt16(), b.AsInt16());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> DotHalves(Vector512<int> codes, Vector512<int> activations) =>
        Avx512BW.MultiplyAddAdjacent(codes.AsByte(), activations.AsSByte()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Add(Vector512<int> a, Vector512<int> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> AddHalves(Vector512<int> a, Vector512<int> b) => (a.AsInt16() + b.AsInt16()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> SumOfHalves(Vector512<int> halves) =>
        Avx512BW.MultiplyAddAdjacent(halves.AsInt16(), Vector512<short>.One);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadF16(ushort* source)
    {
        Vector512<uint> bits = Avx512F.ConvertToVector512UInt32(Vector256.Load(source));
        Vector512<uint> sign = (bits & Vector512.Create(HalfBits.F16Sign)) << HalfBits.F16SignShift;
        Vector512<float> magnitude =
            ((bits & Vector512.Create(HalfBits.F16Magnitude)) << HalfBits.F16Shift).AsSingle() * Vector512.Create(HalfBits.F16Scale);
        return (magnitude.AsUInt32() | sign).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, Vector512<float> value) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> a, Vector512<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Multiply(Vector512<float> a, float b) => a * Vector512.Create(b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<int> sum, Vector512<float> scale, Vector512<float> total) =>
        Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(sum), scale, total);
}
