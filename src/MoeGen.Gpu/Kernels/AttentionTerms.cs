using ILGPU;

namespace MoeGen.Gpu.Kernels;

/// <summary>What scores of attention have beside queries and keys, and how far a token sees.</summary>
public struct AttentionTerms
{
    /// <summary>A score for each head that takes part in the softmax and has no value, [heads]; empty: none.</summary>
    public ArrayView<float> Sinks;

    /// <summary>Added by key position minus query position, [heads, 2 * MaxDistance + 1]; empty: nothing is.</summary>
    public ArrayView<float> Bias;

    /// <summary>Distance from which on all are alike.</summary>
    public int MaxDistance;

    /// <summary>Positions that every token sees, from the first one on; 0: those before it and its own.</summary>
    public int NumSeen;

    /// <summary>What is added to a score.</summary>
    /// <param name="head">The query's head.</param>
    /// <param name="distance">Position of the key minus position of the query.</param>
    public readonly float BiasOf(int head, int distance)
    {
        if (Bias.Length == 0)
        {
            return 0;
        }

        int place = MaxDistance + Math.Max(-MaxDistance, Math.Min(distance, MaxDistance));
        return Bias[(head * ((2 * MaxDistance) + 1)) + place];
    }
}
