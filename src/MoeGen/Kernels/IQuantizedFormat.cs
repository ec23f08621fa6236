using MoeGen.Engine;
using MoeGen.Kernels.Quantized;
using MoeGen.Weights;

namespace MoeGen.Kernels;

/// <summary>A format whose elements share scales: it meets quantised activations, a block at a time.</summary>
public unsafe interface IQuantizedFormat : IWeightFormat
{
    /// <summary>Computes some rows of a product with vectors of one width.</summary>
    /// <inheritdoc cref="QuantizedMatMul.Run{TShape, TFormat}"/>
    internal static abstract void Run<TShape, TSimd, TInts, TFloats>(in QuantizedProduct product, Share rows)
        where TShape : struct, IMatrixShape
        where TSimd : struct, IPanelSimd<TInts, TFloats>
        where TInts : struct
        where TFloats : struct;
}

/// <summary>8 bits, a scale of 16 bits for 32 neighbours in a row.</summary>
/// <remarks>Source: <c>block_q8_0</c> of llama.cpp (ggml-common.h); how panels hold it is MoeGen's own.</remarks>
public readonly unsafe struct Q8 : IQuantizedFormat
{
    /// <inheritdoc/>
    public static WeightFormat Format => WeightFormat.Q8;

    static void IWeightFormat.Multiply<TShape>(byte* weight, in Product product, Share rows) =>
        QuantizedMatMul.Run<TShape, Q8>(product.ToQuantized(weight, ActivationFormat.Int16), rows);

    static void IQuantizedFormat.Run<TShape, TSimd, TInts, TFloats>(in QuantizedProduct product, Share rows) =>
        QuantizedMatMul.Run<TShape, Q8Dot<TSimd, TInts, TFloats>, TSimd, TInts, TFloats>(product, rows);
}

/// <summary>4 bits, a scale of 16 bits for 32 neighbours in a row.</summary>
/// <remarks>Source: <c>block_q4_0</c> of llama.cpp (ggml-common.h); how panels hold it is MoeGen's own.</remarks>
public readonly unsafe struct Q4 : IQuantizedFormat
{
    /// <inheritdoc/>
    public static WeightFormat Format => WeightFormat.Q4;

    static void IWeightFormat.Multiply<TShape>(byte* weight, in Product product, Share rows) =>
        QuantizedMatMul.Run<TShape, Q4>(product.ToQuantized(weight, ActivationFormat.Int8), rows);

    static void IQuantizedFormat.Run<TShape, TSimd, TInts, TFloats>(in QuantizedProduct product, Share rows) =>
        QuantizedMatMul.Run<TShape, Q4Dot<TSimd, TInts, TFloats>, TSimd, TInts, TFloats>(product, rows);
}
