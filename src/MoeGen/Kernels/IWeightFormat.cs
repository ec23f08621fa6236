using System.Runtime.CompilerServices;
using MoeGen.Weights;

namespace MoeGen.Kernels;

/// <summary>How the elements of a matrix are stored; kernels are compiled for each format.</summary>
public unsafe interface IWeightFormat
{
    /// <summary>The format as a value.</summary>
    static abstract WeightFormat Format { get; }

    /// <summary>
    /// Loads two columns of some rows of a panel as float32, a row in each element. Of float formats: quantised ones meet quantised
    /// activations, a block at a time.
    /// </summary>
    /// <param name="pair">First word of the columns that is loaded; those of the other rows follow.</param>
    /// <param name="even">Receives the column of even number.</param>
    /// <param name="odd">Receives the next one.</param>
    internal static abstract void LoadPair<TSimd, TVector>(byte* pair, out TVector even, out TVector odd)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct;
}

/// <summary>IEEE single precision, 4 bytes.</summary>
public readonly unsafe struct F32 : IWeightFormat
{
    /// <inheritdoc/>
    public static WeightFormat Format => WeightFormat.F32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void IWeightFormat.LoadPair<TSimd, TVector>(byte* pair, out TVector even, out TVector odd)
    {
        even = TSimd.Load((float*)pair);
        odd = TSimd.Load((float*)(pair + MatrixLayout.WordStride));
    }
}

/// <summary>IEEE half precision, 2 bytes.</summary>
public readonly unsafe struct F16 : IWeightFormat
{
    /// <inheritdoc/>
    public static WeightFormat Format => WeightFormat.F16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void IWeightFormat.LoadPair<TSimd, TVector>(byte* pair, out TVector even, out TVector odd) =>
        TSimd.LoadF16Pairs((uint*)pair, out even, out odd);
}

/// <summary>bfloat16: the upper half of a single, 2 bytes.</summary>
public readonly unsafe struct Bf16 : IWeightFormat
{
    /// <inheritdoc/>
    public static WeightFormat Format => WeightFormat.BF16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void IWeightFormat.LoadPair<TSimd, TVector>(byte* pair, out TVector even, out TVector odd) =>
        TSimd.LoadBf16Pairs((uint*)pair, out even, out odd);
}

/// <summary>8 bits, a scale of 16 bits for 32 neighbours in a row.</summary>
/// <remarks>Source: <c>block_q8_0</c> of llama.cpp (ggml-common.h); how panels hold it is MoeGen's own.</remarks>
public readonly unsafe struct Q8 : IWeightFormat
{
    /// <inheritdoc/>
    public static WeightFormat Format => WeightFormat.Q8;

    static void IWeightFormat.LoadPair<TSimd, TVector>(byte* pair, out TVector even, out TVector odd) =>
        throw new NotSupportedException("Q8 has no pairs of columns.");
}

/// <summary>4 bits, a scale of 16 bits for 32 neighbours in a row.</summary>
/// <remarks>Source: <c>block_q4_0</c> of llama.cpp (ggml-common.h); how panels hold it is MoeGen's own.</remarks>
public readonly unsafe struct Q4 : IWeightFormat
{
    /// <inheritdoc/>
    public static WeightFormat Format => WeightFormat.Q4;

    static void IWeightFormat.LoadPair<TSimd, TVector>(byte* pair, out TVector even, out TVector odd) =>
        throw new NotSupportedException("Q4 has no pairs of columns.");
}
