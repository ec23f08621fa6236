namespace MoeGen.Experts.Prefetch;

/// <summary>
/// Orders the experts of a layer by probability and takes the first ones, as many as asked for or as a share of the probability needs.
/// Allocates nothing; for one thread.
/// </summary>
internal sealed class ExpertSelection
{
    private readonly ulong[] _order; // [experts] what is more probable is smaller; among equals the lower id
    private readonly int[] _experts; // [experts] best first

    /// <summary>Creates the buffers.</summary>
    /// <param name="numExperts">Experts of a layer.</param>
    public ExpertSelection(int numExperts)
    {
        _order = new ulong[numExperts];
        _experts = new int[numExperts];
    }

    /// <summary>How unlike the best match is what was looked for, 0 to 1: the share of the probability that must be covered.</summary>
    /// <param name="score">Cosine of the match.</param>
    public static float DeltaOf(float score) => Math.Clamp(1 - score, 0, 1);

    /// <summary>All experts, best first.</summary>
    /// <param name="probabilities">[experts] f32, not negative.</param>
    /// <returns>[experts], valid until the next call; among equals the lower id first.</returns>
    public ReadOnlySpan<int> Rank(ReadOnlySpan<float> probabilities)
    {
        // the bits of floats that are not negative have the order of the floats; the id behind them makes the order of equals sure
        for (int expert = 0; expert < _order.Length; expert++)
        {
            _order[expert] = ((ulong)~BitConverter.SingleToUInt32Bits(probabilities[expert]) << 32) | (uint)expert;
        }

        _order.AsSpan().Sort();
        for (int i = 0; i < _order.Length; i++)
        {
            _experts[i] = (int)(uint)_order[i];
        }

        return _experts;
    }

    /// <summary>The fewest best experts whose probabilities reach delta, but at least so many.</summary>
    /// <param name="probabilities">[experts] f32, not negative.</param>
    /// <param name="delta">Sum to reach, 0 to 1.</param>
    /// <param name="atLeast">Fewest experts, at most all of the layer.</param>
    /// <returns>Experts, best first, valid until the next call.</returns>
    /// <remarks>
    /// Summed in double and compared in float, so that a delta of 1 is reached by probabilities that sum to 1 in float. Source: FineMoE
    /// (arXiv 2502.05370), equations 6 to 8.
    /// </remarks>
    public ReadOnlySpan<int> Cover(ReadOnlySpan<float> probabilities, float delta, int atLeast)
    {
        ReadOnlySpan<int> experts = Rank(probabilities);
        double sum = 0;
        int count = 0;
        while (count < experts.Length && (float)sum < delta)
        {
            sum += probabilities[experts[count++]];
        }

        return experts[..Math.Max(count, Math.Min(atLeast, experts.Length))];
    }
}
