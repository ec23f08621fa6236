using MoeGen.Kernels;

namespace MoeGen.Benchmarks.Rooflines;

/// <summary>Attention over the caches of several layers in turn.</summary>
internal static class AttentionCase
{
    /// <summary>Fills the caches.</summary>
    /// <param name="kernel">As the page names it.</param>
    /// <param name="firstPosition">Positions before the first token.</param>
    /// <param name="numTokens">Tokens that attend together.</param>
    /// <param name="numLayers">Layers.</param>
    /// <param name="format">How keys and values are held.</param>
    public static KernelCase Create<TShape>(string kernel, int firstPosition, int numTokens, int numLayers, KeyValueFormat format)
        where TShape : struct, IAttentionShape
    {
        AttentionOperands operands = AttentionOperands.Create<TShape>(firstPosition, numTokens, numLayers, format);
        return new KernelCase(operands)
        {
            Kernel = kernel,
            Format = format.ToString(),
            NumTokens = numTokens,
            Work = KernelWork.OfAttention<TShape>(firstPosition, numTokens, operands.Layout),
            Memory = operands.Memory,
            Run = operands.Attend<TShape>,
        };
    }
}
