using ILGPU;
using ILGPU.Runtime;
using MoeGen.Engine;
using MoeGen.Gpu.Kernels;
using MoeGen.Kernels;

namespace MoeGen.Gpu;

/// <summary>Attention over a cache on the device; see <see cref="MoeGen.Kernels.Attention"/>.</summary>
public static class Attention
{
    /// <summary>Attends every token to the positions before it and to itself.</summary>
    /// <typeparam name="TShape">Heads, their dimensions and what a token sees.</typeparam>
    /// <param name="queries">Rotated queries, [numTokens, heads * keyDim].</param>
    /// <param name="cache">Keys and values up to and including the last token.</param>
    /// <param name="layer">0-based layer.</param>
    /// <param name="output">Outputs, [numTokens, heads * valueDim]; may not alias.</param>
    /// <param name="firstPosition">Position of the first token; the others follow.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    public static void Attend<TShape>(
        Activations queries, DeviceCache cache, int layer, Activations output, int firstPosition, int numTokens, Worker worker)
        where TShape : struct, IAttentionShape =>
        Attend<TShape>(queries, cache, layer, default(AttentionTerms), output, firstPosition, numTokens);

    /// <summary>Attends with sinks: a learned score for each head that takes part in the softmax and has no value.</summary>
    /// <inheritdoc cref="Attend{TShape}(Activations, DeviceCache, int, Activations, int, int, Worker)"/>
    /// <param name="sinks">Score of each head's sink, not scaled, [heads].</param>
    public static void Attend<TShape>(
        Activations queries, DeviceCache cache, int layer, WeightVector sinks, Activations output, int firstPosition, int numTokens,
        Worker worker)
        where TShape : struct, IAttentionShape =>
        Attend<TShape>(queries, cache, layer, new AttentionTerms { Sinks = sinks.Values }, output, firstPosition, numTokens);

    /// <summary>Attends with relative positions, whose numbers are added to the scores.</summary>
    /// <inheritdoc cref="Attend{TShape}(Activations, DeviceCache, int, Activations, int, int, Worker)"/>
    /// <param name="bias">Numbers of the distances.</param>
    public static void Attend<TShape>(
        Activations queries, DeviceCache cache, int layer, RelativeBias bias, Activations output, int firstPosition, int numTokens,
        Worker worker)
        where TShape : struct, IAttentionShape =>
        Attend<TShape>(queries, cache, layer, TermsOf(bias), output, firstPosition, numTokens);

    /// <summary>Attends every token to all positions, as an encoder does, and a decoder to what the encoder has read.</summary>
    /// <inheritdoc cref="Attend{TShape}(Activations, DeviceCache, int, Activations, int, int, Worker)"/>
    /// <param name="bias">Numbers of the distances, the first token at position 0; null: none.</param>
    /// <param name="numPositions">Positions in the cache, at least 1.</param>
    public static void AttendAll<TShape>(
        Activations queries, DeviceCache cache, int layer, RelativeBias? bias, Activations output, int numPositions, int numTokens,
        Worker worker)
        where TShape : struct, IAttentionShape
    {
        AttentionTerms terms = TermsOf(bias);
        terms.NumSeen = numPositions;
        Attend<TShape>(queries, cache, layer, terms, output, 0, numTokens);
    }

    private static AttentionTerms TermsOf(RelativeBias? bias) =>
        bias is null ? default : new AttentionTerms { Bias = bias.Table, MaxDistance = bias.MaxDistance };

    private static void Attend<TShape>(
        Activations queries, DeviceCache cache, int layer, AttentionTerms terms, Activations output, int firstPosition, int numTokens)
        where TShape : struct, IAttentionShape
    {
        GpuDevice device = queries.Device;
        device.Kernels(static accelerator => new Launch<TShape>(accelerator)).Attend(
            device.Stream, device.Groups(TShape.NumHeads, numTokens), queries.Floats, cache.LayerAt(layer, firstPosition), terms,
            output.Floats);
    }

    private sealed class Launch<TShape>(Accelerator accelerator)
        where TShape : struct, IAttentionShape
    {
        public readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, CacheLayer, AttentionTerms, ArrayView<float>> Attend =
            accelerator.LoadKernel<ArrayView<float>, CacheLayer, AttentionTerms, ArrayView<float>>(AttentionKernels.Attend<TShape>);
    }
}
