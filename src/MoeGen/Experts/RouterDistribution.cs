using MoeGen.Kernels;

namespace MoeGen.Experts;

/// <summary>The probabilities that expert maps and traces hold: non-negative, with sum 1, whatever kind of router a family has.</summary>
internal static class RouterDistribution
{
    /// <summary>Turns logits into a distribution in place.</summary>
    /// <param name="values">Logits of one token, [experts]; receives the probabilities.</param>
    /// <param name="kind">
    /// Sigmoid routers score each expert alone: their scores are divided by their sum. A router that only weighs what it has chosen has the
    /// softmax of all logits.
    /// </param>
    /// <remarks>Routers that are not softmax: FineMoE assumes softmax; normalising the scores keeps their order and ratios.</remarks>
    public static void FromLogits(Span<float> values, RouterProbabilities kind)
    {
        float max = float.NegativeInfinity;
        foreach (float value in values)
        {
            max = Math.Max(max, value);
        }

        float sum = 0;
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = kind == RouterProbabilities.Sigmoid ? Sigmoids.Of(values[i]) : MathF.Exp(values[i] - max);
            sum += values[i];
        }

        for (int i = 0; i < values.Length; i++)
        {
            values[i] = sum > 0 ? values[i] / sum : 1f / values.Length;
        }
    }
}
