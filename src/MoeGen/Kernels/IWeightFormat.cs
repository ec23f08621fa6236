using System.Runtime.CompilerServices;
using MoeGen.Weights;

namespace MoeGen.Kernels;

/// <summary>How the elements of a matrix are stored; kernels are compiled for each format.</summary>
public unsafe interface IWeightFormat
{
    /// <summary>The format as a value.</summary>
    static abstract WeightFormat Format { get; }

    /// <summary>Loads one vector of elements as float32.</summary>
    /// <param name="row">First byte of the row.</param>
    /// <param name="column">First element to load; a multiple of the vector's width.</param>
    internal static abstract TVector Load<TSimd, TVector>(byte* row, nuint column)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct;
}

/// <summary>IEEE single precision, 4 bytes.</summary>
public readonly unsafe struct F32 : IWeightFormat
{
    /// <inheritdoc/>
    public static WeightFormat Format => WeightFormat.F32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IWeightFormat.Load<TSimd, TVector>(byte* row, nuint column) => TSimd.Load((float*)row + column);
}

/// <summary>IEEE half precision, 2 bytes.</summary>
public readonly unsafe struct F16 : IWeightFormat
{
    /// <inheritdoc/>
    public static WeightFormat Format => WeightFormat.F16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IWeightFormat.Load<TSimd, TVector>(byte* row, nuint column) => TSimd.LoadF16((ushort*)row + column);
}

/// <summary>bfloat16: the upper half of a single, 2 bytes.</summary>
public readonly unsafe struct Bf16 : IWeightFormat
{
    /// <inheritdoc/>
    public static WeightFormat Format => WeightFormat.BF16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IWeightFormat.Load<TSimd, TVector>(byte* row, nuint column) => TSimd.LoadBf16((ushort*)row + column);
}
