using MoeGen.Engine;
using MoeGen.Kernels.Quantized;
using MoeGen.Weights;

namespace MoeGen.Kernels;

/// <summary>How the elements of a matrix are stored; kernels are compiled for each format.</summary>
public unsafe interface IWeightFormat
{
    /// <summary>The format as a value.</summary>
    static abstract WeightFormat Format { get; }

    /// <summary>Computes some rows of a product with a matrix of this format, with the widest vectors of this processor.</summary>
    /// <param name="weight">First byte of the matrix.</param>
    /// <param name="product">The other operands.</param>
    /// <param name="rows">Rows of the matrix.</param>
    internal static abstract void Multiply<TShape>(byte* weight, in Product product, Share rows)
        where TShape : struct, IMatrixShape;
}

/// <summary>8 bits, a scale of 16 bits for 32 neighbours in a row.</summary>
/// <remarks>Source: <c>block_q8_0</c> of llama.cpp (ggml-common.h); how panels hold it is MoeGen's own.</remarks>
public readonly unsafe struct Q8 : IWeightFormat
{
    /// <inheritdoc/>
    public static WeightFormat Format => WeightFormat.Q8;

    static void IWeightFormat.Multiply<TShape>(byte* weight, in Product product, Share rows) =>
        QuantizedMatMul.RunQ8<TShape>(product.ToQuantized(weight, ActivationFormat.Int16), rows);
}

/// <summary>4 bits, a scale of 16 bits for 32 neighbours in a row.</summary>
/// <remarks>Source: <c>block_q4_0</c> of llama.cpp (ggml-common.h); how panels hold it is MoeGen's own.</remarks>
public readonly unsafe struct Q4 : IWeightFormat
{
    /// <inheritdoc/>
    public static WeightFormat Format => WeightFormat.Q4;

    static void IWeightFormat.Multiply<TShape>(byte* weight, in Product product, Share rows) =>
        QuantizedMatMul.RunQ4<TShape>(product.ToQuantized(weight, ActivationFormat.Int8), rows);
}
