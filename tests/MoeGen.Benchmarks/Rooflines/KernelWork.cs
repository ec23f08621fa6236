using MoeGen.Engine;
using MoeGen.Kernels;
using MoeGen.Kernels.Quantized;
using MoeGen.Weights;
using MoeGen.Weights.Quantized;

namespace MoeGen.Benchmarks.Rooflines;

/// <summary>
/// What a kernel cannot avoid, however it is written: every byte of its operands once, every multiplication and every addition. An
/// exponential, a division and a comparison count as one operation each.
/// </summary>
/// <param name="Bytes">Bytes that are read or written.</param>
/// <param name="Operations">Operations on elements.</param>
internal readonly record struct KernelWork(double Bytes, double Operations)
{
    /// <summary>Operations for each byte (arithmetic intensity).</summary>
    public double Intensity => Operations / Bytes;

    public static KernelWork operator /(KernelWork work, int parts) => new(work.Bytes / parts, work.Operations / parts);

    /// <summary>A product with a matrix: its weights once for all tokens, inputs as the weights meet them, outputs in float32.</summary>
    public static KernelWork OfProduct<TShape, TFormat>(int numTokens)
        where TShape : struct, IMatrixShape
        where TFormat : struct, IWeightFormat =>
        new(
            Matrix<TShape, TFormat>.SizeInBytes
            + (numTokens * (double)(InputBytes(TShape.Columns, TFormat.Format) + (TShape.Rows * sizeof(float)))),
            2.0 * TShape.Rows * TShape.Columns * numTokens);

    /// <summary>The experts of a layer: those that some token chose once, inputs, and sums that are read and written.</summary>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="numChosen">Experts that some of them chose.</param>
    /// <remarks>What lies between the two halves is not counted: it may stay in a cache.</remarks>
    public static KernelWork OfExperts<TFormat>(int numTokens, double numChosen)
        where TFormat : struct, IWeightFormat =>
        new(
            (numChosen * OlmoeExpert<TFormat>.SizeInBytes)
            + (numTokens * (double)(InputBytes(Olmoe.HiddenSize, TFormat.Format) + (2 * Olmoe.HiddenSize * sizeof(float)))),
            2.0 * 3 * Olmoe.HiddenSize * Olmoe.ExpertIntermediateSize * Olmoe.TopK * numTokens);

    /// <summary>Attention: keys and values that some token sees, queries, outputs; the softmax is not counted.</summary>
    /// <param name="firstPosition">Positions before the first token.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="layout">The cache.</param>
    public static KernelWork OfAttention<TShape>(int firstPosition, int numTokens, KvCacheLayout layout)
        where TShape : struct, IAttentionShape
    {
        double pairs = ((double)firstPosition * numTokens) + ((double)numTokens * (numTokens + 1) / 2);
        double cacheRows = (double)(firstPosition + numTokens) * TShape.NumKeyValueHeads;
        double tokenBytes = (double)TShape.NumHeads * (TShape.KeyDim + TShape.ValueDim) * sizeof(float);
        return new KernelWork(
            (cacheRows * (layout.RowBytes(TShape.KeyDim) + layout.RowBytes(TShape.ValueDim))) + (numTokens * tokenBytes),
            2 * pairs * TShape.NumHeads * (TShape.KeyDim + TShape.ValueDim));
    }

    /// <summary>A norm: rows in and out, quantised too where weights ask; a square, a sum and two factors an element.</summary>
    public static KernelWork OfNorm(int width, int numTokens, WeightFormat meets)
    {
        int quantized = meets.IsQuantized() ? InputBytes(width, meets) : 0;
        return new KernelWork(
            ((1 + (2.0 * numTokens)) * width * sizeof(float)) + (numTokens * (double)quantized), 4.0 * width * numTokens);
    }

    /// <summary>Rotated rows, read and written, and their angles: four multiplications and two additions a pair.</summary>
    public static KernelWork OfRotation(int width, int headDim, int numTokens) =>
        new(numTokens * (((2.0 * width) + headDim) * sizeof(float)), 3.0 * width * numTokens);

    /// <summary>Choices of experts: a comparison, an exponential and an addition for each expert.</summary>
    public static KernelWork OfChoice(int numExperts, int topK, int numTokens) =>
        new(numTokens * (double)((numExperts * sizeof(float)) + (topK * (sizeof(int) + sizeof(float)))), 3.0 * numExperts * numTokens);

    /// <summary>A gated activation: gate and up in, gate out; an exponential, an addition, a division and a product an element.</summary>
    public static KernelWork OfActivation(int width, int numRows) => new(3.0 * width * sizeof(float) * numRows, 4.0 * width * numRows);

    /// <summary>Bytes of a row of activations as weights of a format meet it.</summary>
    public static int InputBytes(int columns, WeightFormat format) => format switch
    {
        WeightFormat.Q8 => QuantizedActivations.OffsetsAt(columns, ActivationFormat.Int16),
        WeightFormat.Q4 =>
            QuantizedActivations.OffsetsAt(columns, ActivationFormat.Int8) + (QuantizedLayout.BlocksPerRow(columns) * sizeof(int)),
        _ => columns * sizeof(float),
    };
}
