using System.Runtime.CompilerServices;
using MoeGen.Weights;

namespace MoeGen.Kernels;

/// <summary>
/// How a key or a value stands in the cache, and how kernels read it; they are compiled for each format. Every row is filled up with zeros
/// to a multiple of 32 elements.
/// </summary>
internal unsafe interface IKeyValueFormat
{
    /// <summary>The format as a value.</summary>
    static abstract KeyValueFormat Format { get; }

    /// <summary>Largest magnitude of an element.</summary>
    static abstract float Largest { get; }

    /// <summary>Bytes of a row of so many elements.</summary>
    static abstract int RowBytes(int dim);

    /// <summary>Writes a row.</summary>
    /// <param name="source">Elements, [dim].</param>
    /// <param name="row">The row, zeroes behind its elements.</param>
    /// <param name="dim">Elements.</param>
    /// <returns>Whether all elements are numbers up to <see cref="Largest"/>; where not, the row is of no use.</returns>
    static abstract bool TryStore(float* source, byte* row, int dim);

    /// <summary>Loads one vector of elements as float32.</summary>
    /// <param name="row">First byte of the row.</param>
    /// <param name="column">First element to load; a multiple of the vector's width.</param>
    /// <param name="dim">Elements of the row.</param>
    static abstract TVector Load<TSimd, TVector>(byte* row, int column, int dim)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct;
}

/// <summary>Elements as the model computes them.</summary>
internal readonly unsafe struct KeyValueF32 : IKeyValueFormat
{
    public static KeyValueFormat Format => KeyValueFormat.F32;

    public static float Largest => float.MaxValue;

    public static int RowBytes(int dim) => MatrixLayout.PaddedColumns(dim) * sizeof(float);

    // what is not finite shows in the scores and stops the run at the next router, so nothing needs to be looked at here
    public static bool TryStore(float* source, byte* row, int dim)
    {
        new Span<float>(source, dim).CopyTo(new Span<float>(row, dim));
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load<TSimd, TVector>(byte* row, int column, int dim)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct =>
        TSimd.Load((float*)row + column);
}
