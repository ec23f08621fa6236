using MoeGen.Engine;
using MoeGen.Experts;
using MoeGen.Weights;

namespace MoeGen.Kernels;

/// <summary>From router logits to chosen experts.</summary>
public static class TopK
{
    /// <summary>Softmax over all experts, then the best of them. Workers share the tokens.</summary>
    /// <param name="routing">Logits in, ids and weights out; the logits stay as they are.</param>
    /// <param name="normalize">The chosen weights are divided by their sum (<c>norm_topk_prob</c>).</param>
    /// <param name="layer">0-based layer, for the error message.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    /// <exception cref="NonFiniteValueException">A logit is an infinity or NaN; nothing is routed by it.</exception>
    /// <remarks>
    /// Equal probabilities: the lower id is the better one. The maximum is subtracted first, so no exponential overflows.
    /// </remarks>
    public static void SoftmaxThenTopK(Routing routing, bool normalize, int layer, int numTokens, Worker worker)
    {
        ArgumentNullException.ThrowIfNull(routing);
        Share tokens = worker.Share(numTokens);
        for (int token = tokens.Start; token < tokens.End; token++)
        {
            ReadOnlySpan<float> logits = routing.Logits[token];
            if (FloatConverter.IndexOfNonFinite(logits) is int expert and >= 0)
            {
                throw NonFiniteValueException.InRouter(layer, expert, logits[expert]);
            }

            Choose(logits, routing.TopKIds(token), routing.TopKWeights(token), normalize);
        }
    }

    /// <summary>Softmax of one token's logits and the best of it.</summary>
    /// <param name="logits">Finite logits, [numExperts].</param>
    /// <param name="ids">Receives the ids, best first, [topK].</param>
    /// <param name="weights">Receives the probabilities, [topK].</param>
    /// <param name="normalize">The probabilities are divided by their sum.</param>
    internal static void Choose(ReadOnlySpan<float> logits, Span<int> ids, Span<float> weights, bool normalize)
    {
        SelectLargest(logits, ids);
        float maximum = logits[ids[0]];
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

    // insertion into a short sorted list: k is small, and most experts are below its last place
    private static void SelectLargest(ReadOnlySpan<float> values, Span<int> ids)
    {
        int count = 0;
        for (int i = 0; i < values.Length; i++)
        {
            if (count == ids.Length && values[i] <= values[ids[count - 1]])
            {
                continue;
            }

            int place = count < ids.Length ? count++ : count - 1;
            for (; place > 0 && values[ids[place - 1]] < values[i]; place--)
            {
                ids[place] = ids[place - 1];
            }

            ids[place] = i;
        }
    }
}
