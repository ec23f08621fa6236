using MoeGen.Engine;
using MoeGen.Experts;

namespace MoeGen.Kernels;

public static partial class TopK
{
    /// <summary>Softmax over all experts, then the best of them.</summary>
    /// <param name="routing">Logits in, ids and weights out; the logits stay as they are.</param>
    /// <param name="normalize">
    /// The chosen weights are divided by their sum (<c>norm_topk_prob</c>). That is the same as a softmax over the chosen logits only.
    /// </param>
    /// <param name="layer">0-based layer, for the error message.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    /// <param name="scale">Factor on the weights (<c>routed_scaling_factor</c>).</param>
    /// <exception cref="NonFiniteValueException">A logit is an infinity or NaN; nothing is routed by it.</exception>
    /// <remarks>The maximum is subtracted first, so no exponential overflows.</remarks>
    public static void SoftmaxThenTopK(Routing routing, bool normalize, int layer, int numTokens, Worker worker, float scale = 1) =>
        ChooseAll(new SoftmaxRule(normalize, scale), routing, layer, numTokens, worker);

    /// <summary>Softmax over all experts, then the best experts of the best groups. A group is worth what its best expert is.</summary>
    /// <inheritdoc cref="SoftmaxThenTopK"/>
    /// <param name="numGroups">Groups (<c>n_group</c>); divides the experts.</param>
    /// <param name="topKGroups">Groups whose experts compete (<c>topk_group</c>).</param>
    /// <remarks>Reference: DeepSeek-V2 (arXiv 2405.04434), <c>group_limited_greedy</c>.</remarks>
    public static void SoftmaxThenGroupTopK(
        Routing routing, int numGroups, int topKGroups, bool normalize, float scale, int layer, int numTokens, Worker worker)
    {
        CheckGroups(routing, numGroups, topKGroups);
        GroupRule rule = new(
            normalize, scale, stackalloc float[routing.NumExperts], stackalloc float[numGroups], stackalloc int[topKGroups]);
        ChooseAll(rule, routing, layer, numTokens, worker);
    }

    /// <summary>Softmax of one token's logits and the best of it.</summary>
    /// <param name="logits">Finite logits, [numExperts].</param>
    /// <param name="ids">Receives the ids, best first, [topK].</param>
    /// <param name="weights">Receives the probabilities, [topK].</param>
    /// <param name="normalize">The probabilities are divided by their sum.</param>
    internal static void Choose(ReadOnlySpan<float> logits, Span<int> ids, Span<float> weights, bool normalize)
    {
        SelectLargest(logits, ids);
        Weigh(logits, logits[ids[0]], ids, weights, normalize);
    }

    private readonly struct SoftmaxRule(bool normalize, float scale) : IRule
    {
        public void Choose(ReadOnlySpan<float> logits, Span<int> ids, Span<float> weights)
        {
            TopK.Choose(logits, ids, weights, normalize);
            Scale(weights, scale);
        }
    }

    private readonly ref struct GroupRule(
        bool normalize, float scale, Span<float> competing, Span<float> groupScores, Span<int> bestGroups) : IRule
    {
        private readonly Span<float> _competing = competing; // [numExperts]
        private readonly Span<float> _groupScores = groupScores; // [numGroups]
        private readonly Span<int> _bestGroups = bestGroups; // [topKGroups]

        public void Choose(ReadOnlySpan<float> logits, Span<int> ids, Span<float> weights)
        {
            // the softmax keeps the order of the logits
            int size = logits.Length / _groupScores.Length;
            logits.CopyTo(_competing);
            for (int group = 0; group < _groupScores.Length; group++)
            {
                _groupScores[group] = Largest(logits.Slice(group * size, size));
            }

            KeepBestGroups(_competing, _groupScores, _bestGroups);
            SelectLargest(_competing, ids);
            Weigh(logits, Largest(logits), ids, weights, normalize);
            Scale(weights, scale);
        }
    }

    private static float Largest(ReadOnlySpan<float> values)
    {
        float largest = values[0];
        foreach (float value in values)
        {
            largest = Math.Max(largest, value);
        }

        return largest;
    }

    // probabilities of the chosen among all
    private static void Weigh(ReadOnlySpan<float> logits, float maximum, ReadOnlySpan<int> ids, Span<float> weights, bool normalize)
    {
        float sum = 0;
        foreach (float logit in logits)
        {
            sum += MathF.Exp(logit - maximum);
        }

        float chosen = 0;
        for (int k = 0; k < ids.Length; k++)
        {
            weights[k] = MathF.Exp(logits[ids[k]] - maximum) / sum;
            chosen += weights[k];
        }

        if (normalize)
        {
            for (int k = 0; k < ids.Length; k++)
            {
                weights[k] /= chosen;
            }
        }
    }
}
