using System.Runtime.CompilerServices;
using MoeGen.Engine;
using MoeGen.Weights;

namespace MoeGen.Kernels;

/// <summary>A format whose elements are floats, each for itself: what its kernels load.</summary>
public unsafe interface IFloatFormat : IWeightFormat
{
    /// <summary>Loads two columns of some rows of a panel as float32, a row in each element.</summary>
    /// <param name="pair">First word of the columns that is loaded; those of the other rows follow.</param>
    /// <param name="even">Receives the column of even number.</param>
    /// <param name="odd">Receives the next one.</param>
    internal static abstract void LoadPair<TSimd, TVector>(byte* pair, out TVector even, out TVector odd)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct;
}

/// <summary>IEEE single precision, 4 bytes.</summary>
public readonly unsafe struct F32 : IFloatFormat
{
    /// <inheritdoc/>
    public static WeightFormat Format => WeightFormat.F32;

    static void IWeightFormat.Multiply<TShape>(byte* weight, in Product product, Share rows) =>
        MatMul.RunFloats(new Matrix<TShape, F32>(weight), product, rows);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void IFloatFormat.LoadPair<TSimd, TVector>(byte* pair, out TVector even, out TVector odd)
    {
        even = TSimd.Load((float*)pair);
        odd = TSimd.Load((float*)(pair + MatrixLayout.WordStride));
    }
}

/// <summary>IEEE half precision, 2 bytes.</summary>
public readonly unsafe struct F16 : IFloatFormat
{
    /// <inheritdoc/>
    public static WeightFormat Format => WeightFormat.F16;

    static void IWeightFormat.Multiply<TShape>(byte* weight, in Product product, Share rows) =>
        MatMul.RunFloats(new Matrix<TShape, F16>(weight), product, rows);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void IFloatFormat.LoadPair<TSimd, TVector>(byte* pair, out TVector even, out TVector odd) =>
        TSimd.LoadF16Pairs((uint*)pair, out even, out odd);
}

/// <summary>bfloat16: the upper half of a single, 2 bytes.</summary>
public readonly unsafe struct Bf16 : IFloatFormat
{
    /// <inheritdoc/>
    public static WeightFormat Format => WeightFormat.BF16;

    static void IWeightFormat.Multiply<TShape>(byte* weight, in Product product, Share rows) =>
        MatMul.RunFloats(new Matrix<TShape, Bf16>(weight), product, rows);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void IFloatFormat.LoadPair<TSimd, TVector>(byte* pair, out TVector even, out TVector odd) =>
        TSimd.LoadBf16Pairs((uint*)pair, out even, out odd);
}
