using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using MoeGen.Kernels.Quantized;

namespace MoeGen.Kernels;

/// <content>A panel of quantised weights (AVX-512BW).</content>
internal readonly unsafe partial struct Simd512 : IPanelSimd<Vector512<int>, Vector512<float>>
{
    /// <summary>Whether this processor has what quantised weights need.</summary>
    public static bool SupportsPanels => Vector512.IsHardwareAccelerated && Avx512BW.IsSupported;

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
    public static Vector512<float> MultiplyAdd(Vector512<int> sum, Vector512<float> scale, Vector512<float> total) =>
        Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(sum), scale, total);
}
