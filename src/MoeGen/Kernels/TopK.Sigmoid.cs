using MoeGen.Engine;
using MoeGen.Experts;

namespace MoeGen.Kernels;

public static partial class TopK
{
    // keeps the sum of vanishing scores from being a divisor of zero; from the reference
    private const float MinScoreSum = 1e-20f;

    /// <summary>
    /// Sigmoid of every logit, then the experts with the best corrected scores, <c>sigmoid + bias</c>, of the best groups. A group is worth
    /// the sum of its two best corrected scores. Weights are the scores without the correction.
    /// </summary>
    /// <param name="routing">Logits in, ids and weights out, best corrected score first; the logits stay as they are.</param>
    /// <param name="correctionBias">
    /// Added to the scores for the choice only (<c>e_score_correction_bias</c>), [numExperts]; default: none.
    /// </param>
    /// <param name="numGroups">Groups (<c>n_group</c>); divides the experts; 1: all experts compete.</param>
    /// <param name="topKGroups">Groups whose experts compete (<c>topk_group</c>).</param>
    /// <param name="normalize">The chosen weights are divided by their sum plus 1e-20 (<c>norm_topk_prob</c>).</param>
    /// <param name="scale">Factor on the weights (<c>routed_scaling_factor</c>).</param>
    /// <param name="layer">0-based layer, for the error message.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    /// <exception cref="NonFiniteValueException">A logit is an infinity or NaN; nothing is routed by it.</exception>
    /// <remarks>
    /// Experts outside the best groups are never chosen, also where all corrected scores inside are negative. Source: DeepSeek-V3
    /// (arXiv 2412.19437).
    /// </remarks>
    public static void SigmoidThenTopK(
        Routing routing, WeightVector correctionBias, int numGroups, int topKGroups, bool normalize, float scale, int layer, int numTokens,
        Worker worker)
    {
        CheckGroups(routing, numGroups, topKGroups);
        SigmoidRule rule = new(
            correctionBias.Values, normalize, scale, stackalloc float[routing.NumExperts], stackalloc float[numGroups],
            stackalloc int[topKGroups]);
        ChooseAll(rule, routing, layer, numTokens, worker);
    }

    /// <summary>The experts with the best logits; the weight of each is the sigmoid of its logit.</summary>
    /// <param name="routing">Logits in, ids and weights out; the logits stay as they are.</param>
    /// <param name="layer">0-based layer, for the error message.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    /// <exception cref="NonFiniteValueException">A logit is an infinity or NaN; nothing is routed by it.</exception>
    /// <remarks>Reference: transformers <c>modeling_llama4</c>, Llama4Router.</remarks>
    public static void TopKThenSigmoid(Routing routing, int layer, int numTokens, Worker worker) =>
        ChooseAll(default(LogitRule), routing, layer, numTokens, worker);

    // of a group of one, its only score
    private static float SumOfTwoLargest(ReadOnlySpan<float> values)
    {
        float first = values[0], second = values.Length > 1 ? float.NegativeInfinity : 0;
        foreach (float value in values[1..])
        {
            second = Math.Max(second, Math.Min(first, value));
            first = Math.Max(first, value);
        }

        return first + second;
    }

    private readonly ref struct SigmoidRule(
        ReadOnlySpan<float> bias, bool normalize, float scale, Span<float> corrected, Span<float> groupScores, Span<int> bestGroups) : IRule
    {
        private readonly ReadOnlySpan<float> _bias = bias; // [numExperts], empty: none
        private readonly Span<float> _corrected = corrected; // [numExperts]
        private readonly Span<float> _groupScores = groupScores; // [numGroups]
        private readonly Span<int> _bestGroups = bestGroups; // [topKGroups]

        public void Choose(ReadOnlySpan<float> logits, Span<int> ids, Span<float> weights)
        {
            for (int expert = 0; expert < logits.Length; expert++)
            {
                bool competes = logits[expert] > float.NegativeInfinity;
                _corrected[expert] = competes
                    ? Sigmoids.Of(logits[expert]) + (_bias.IsEmpty ? 0 : _bias[expert])
                    : float.NegativeInfinity;
            }

            int size = logits.Length / _groupScores.Length;
            if (_groupScores.Length > 1)
            {
                for (int group = 0; group < _groupScores.Length; group++)
                {
                    _groupScores[group] = SumOfTwoLargest(_corrected.Slice(group * size, size));
                }

                KeepBestGroups(_corrected, _groupScores, _bestGroups);
            }

            SelectLargest(_corrected, ids);
            float sum = MinScoreSum;
            for (int k = 0; k < ids.Length; k++)
            {
                weights[k] = Sigmoids.Of(logits[ids[k]]);
                sum += weights[k];
            }

            if (normalize)
            {
                for (int k = 0; k < weights.Length; k++)
                {
                    weights[k] /= sum;
                }
            }

            Scale(weights, scale);
        }
    }

    private readonly struct LogitRule : IRule
    {
        public void Choose(ReadOnlySpan<float> logits, Span<int> ids, Span<float> weights)
        {
            SelectLargest(logits, ids);
            for (int k = 0; k < ids.Length; k++)
            {
                weights[k] = Sigmoids.Of(logits[ids[k]]);
            }
        }
    }
}
