using System.Runtime.CompilerServices;
using MoeGen.Weights.Quantized;

namespace MoeGen.Kernels.Quantized;

/// <summary>
/// Q8 weights meet activations of 16 bits, two columns at a time, in sums of 32 bits: exact for a block, whose sum is at most
/// 32 x 128 x 32767, which is less than 2^31.
/// </summary>
internal readonly unsafe struct Q8Dot<TSimd, TInts, TFloats> : IBlockDot<TInts>
    where TSimd : struct, IPanelSimd<TInts, TFloats>
    where TInts : struct
    where TFloats : struct
{
    public static int GroupsPerBlock => 8;

    public static int RowStride => Q8Block.RowStride;

    public static TInts StartOfSquares => TSimd.Broadcast(0);

    public static ActivationFormat Activations => ActivationFormat.Int16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int PanelBytes(int columns) => QuantizedLayout.PanelBytes<Q8Block>(columns);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TInts LoadFirst(byte* group) => TSimd.LoadPairs(group);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TInts LoadSecond(byte* group) => TSimd.LoadPairs(group + 32);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TInts Start(byte* offset) => TSimd.Broadcast(0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TInts Multiply(TInts weights, TInts activations) => TSimd.DotPairs(weights, activations);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TInts Add(TInts products, TInts sum) => TSimd.Add(products, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TInts AddSquares(TInts weights, TInts sum) => Add(Multiply(weights, weights), sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TInts Finish(TInts sum) => sum;
}
