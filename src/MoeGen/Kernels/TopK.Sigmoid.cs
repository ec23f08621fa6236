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
        ReadOnlySpan<float> bias = correctionBias.Values;
        int size = routing.NumExperts / numGroups;
        Span<float> corrected = stackalloc float[routing.NumExperts], groupScores = stackalloc float[numGroups];
        Span<int> bestGroups = stackalloc int[topKGroups];
        Share tokens = worker.Share(numTokens);
        for (int token = tokens.Start; token < tokens.End; token++)
        {
            ReadOnlySpan<float> logits = FiniteLogits(routing, token, layer);
            for (int expert = 0; expert < logits.Length; expert++)
            {
                corrected[expert] = Sigmoids.Of(logits[expert]) + (bias.IsEmpty ? 0 : bias[expert]);
            }

            if (numGroups > 1)
            {
                for (int group = 0; group < numGroups; group++)
                {
                    groupScores[group] = SumOfTwoLargest(corrected.Slice(group * size, size));
                }

                KeepBestGroups(corrected, groupScores, bestGroups);
            }

            Span<int> ids = routing.TopKIds(token);
            SelectLargest(corrected, ids);
            Span<float> weights = routing.TopKWeights(token);
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

    /// <summary>The experts with the best logits; the weight of each is the sigmoid of its logit.</summary>
    /// <param name="routing">Logits in, ids and weights out; the logits stay as they are.</param>
    /// <param name="layer">0-based layer, for the error message.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    /// <exception cref="NonFiniteValueException">A logit is an infinity or NaN; nothing is routed by it.</exception>
    /// <remarks>Reference: transformers <c>modeling_llama4</c>, Llama4Router.</remarks>
    public static void TopKThenSigmoid(Routing routing, int layer, int numTokens, Worker worker)
    {
        ArgumentNullException.ThrowIfNull(routing);
        Share tokens = worker.Share(numTokens);
        for (int token = tokens.Start; token < tokens.End; token++)
        {
            ReadOnlySpan<float> logits = FiniteLogits(routing, token, layer);
            Span<int> ids = routing.TopKIds(token);
            Span<float> weights = routing.TopKWeights(token);
            SelectLargest(logits, ids);
            for (int k = 0; k < ids.Length; k++)
            {
                weights[k] = Sigmoids.Of(logits[ids[k]]);
            }
        }
    }

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
}
