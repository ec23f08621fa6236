using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using MoeGen.Kernels.Quantized;

namespace MoeGen.Kernels;

/// <content>Half a panel of quantised weights (AVX2).</content>
internal readonly unsafe partial struct Simd256 : IPanelSimd<Vector256<int>, Vector256<float>>
{
    /// <summary>Whether this processor has what quantised weights need.</summary>
    public static bool SupportsPanels => Avx2.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Broadcast(int columns) => Vector256.Create(columns);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> LoadPairs(byte* source) => Avx2.ConvertToVector256Int16(Vector128.Load((sbyte*)source)).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> LoadLowNibbles(byte* source) => Vector256.Load((int*)source) & Vector256.Create(0x0F0F_0F0F);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> LoadHighNibbles(byte* source) => (Vector256.Load((int*)source) >>> 4) & Vector256.Create(0x0F0F_0F0F);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> DotPairs(Vector256<int> a, Vector256<int> b) => Avx2.MultiplyAddAdjacent(a.AsInt16(), b.AsInt16());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> DotHalves(Vector256<int> codes, Vector256<int> activations) =>
        Avx2.MultiplyAddAdjacent(codes.AsByte(), activations.AsSByte()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> a, Vector256<int> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> AddHalves(Vector256<int> a, Vector256<int> b) => (a.AsInt16() + b.AsInt16()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> SumOfHalves(Vector256<int> halves) =>
        Avx2.MultiplyAddAdjacent(halves.AsInt16(), Vector256<short>.One);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<int> sum, Vector256<float> scale, Vector256<float> total) =>
        Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(sum), scale, total);
}
