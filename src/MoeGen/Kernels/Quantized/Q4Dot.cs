using System.Runtime.CompilerServices;
using MoeGen.Weights.Quantized;

namespace MoeGen.Kernels.Quantized;

/// <summary>
/// Q4 weights meet activations of 8 bits, four columns at a time, in two sums of 16 bits each. Codes are 8 more than what they stand
/// for, so that they have no sign: a sum begins with -8 times the activations it will meet, and ends at 16 x 8 x 127 or less; what it
/// is in between may wrap around.
/// </summary>
internal readonly unsafe struct Q4Dot<TSimd, TInts, TFloats> : IBlockDot<TInts>
    where TSimd : struct, IPanelSimd<TInts, TFloats>
    where TInts : struct
    where TFloats : struct
{
    // 16 less than four codes, each in its byte
    private const int Minus16 = unchecked((int)0xF0F0_F0F0);

    // 16 times 64 in each half
    private const int SquaresOfZero = 0x0400_0400;

    public static int GroupsPerBlock => 4;

    public static int RowStride => Q4Block.RowStride;

    public static TInts StartOfSquares => TSimd.Broadcast(SquaresOfZero);

    public static ActivationFormat Activations => ActivationFormat.Int8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int PanelBytes(int columns) => QuantizedLayout.PanelBytes<Q4Block>(columns);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TInts LoadFirst(byte* group) => TSimd.LoadLowNibbles(group);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TInts LoadSecond(byte* group) => TSimd.LoadHighNibbles(group);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TInts Start(byte* offset) => TSimd.Broadcast(*(int*)offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TInts Multiply(TInts weights, TInts activations) => TSimd.DotHalves(weights, activations);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TInts Add(TInts products, TInts sum) => TSimd.AddHalves(products, sum);

    // (c - 8)² = c (c - 16) + 64
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TInts AddSquares(TInts weights, TInts sum) =>
        Add(Multiply(weights, TSimd.Add(weights, TSimd.Broadcast(Minus16))), sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TInts Finish(TInts sum) => TSimd.SumOfHalves(sum);
}
