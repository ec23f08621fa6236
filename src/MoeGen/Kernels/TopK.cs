using MoeGen.Engine;
using MoeGen.Experts;
using MoeGen.Weights;

namespace MoeGen.Kernels;

/// <summary>
/// From router logits to chosen experts: one method for each way in which published models choose. In all of them workers share the
/// tokens, a Sync stands behind the product that gave the logits, and of equal scores the one with the lower id is the better one.
/// </summary>
public static partial class TopK
{
    // what a family makes of one token's logits
    private interface IRule
    {
        /// <summary>Chooses.</summary>
        /// <param name="logits">Finite, or minus infinity where an expert does not compete, [numExperts].</param>
        /// <param name="ids">Receives the ids, best first; those of experts that do not compete where too few do.</param>
        /// <param name="weights">Receives the weights of the ids.</param>
        void Choose(ReadOnlySpan<float> logits, Span<int> ids, Span<float> weights);
    }

    private static void ChooseAll<TRule>(TRule rule, Routing routing, int layer, int numTokens, Worker worker)
        where TRule : IRule, allows ref struct
    {
        ArgumentNullException.ThrowIfNull(routing);
        Share tokens = worker.Share(numTokens);
        for (int token = tokens.Start; token < tokens.End; token++)
        {
            rule.Choose(FiniteLogits(routing, token, layer), routing.RouterIds(token), routing.RouterWeights(token));
        }

        if (routing.Selection is { } selection)
        {
            ReadOnlySpan<bool> competing = routing.StartChoice(layer);
            Span<float> logits = stackalloc float[routing.NumExperts];
            for (int token = tokens.Start; token < tokens.End; token++)
            {
                ChooseAmong(rule, routing, token, selection.NumChosenOf(token), competing, logits);
            }
        }
    }

    // the same choice among the experts that may run
    private static void ChooseAmong<TRule>(
        TRule rule, Routing routing, int token, int numChosen, ReadOnlySpan<bool> competing, Span<float> logits)
        where TRule : IRule, allows ref struct
    {
        routing.Logits[token].CopyTo(logits);
        for (int expert = 0; expert < competing.Length; expert++)
        {
            logits[expert] = competing[expert] ? logits[expert] : float.NegativeInfinity;
        }

        Span<int> ids = routing.TopKIds(token);
        Span<float> weights = routing.TopKWeights(token);
        rule.Choose(logits, ids[..numChosen], weights[..numChosen]);
        for (int k = 0; k < ids.Length; k++)
        {
            if (k >= numChosen || logits[ids[k]] == float.NegativeInfinity)
            {
                (ids[k], weights[k]) = (Routing.Dropped, 0);
            }
        }
    }

    private static ReadOnlySpan<float> FiniteLogits(Routing routing, int token, int layer)
    {
        ReadOnlySpan<float> logits = routing.Logits[token];
        return FloatConverter.IndexOfNonFinite(logits) is int expert and >= 0
            ? throw NonFiniteValueException.InRouter(layer, expert, logits[expert])
            : logits;
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

    /// <summary>
    /// Takes the experts outside the best groups out of the competition: their scores become the least of all. They are still before those
    /// that a selection does not let compete, so that a token runs as many experts as there are for it.
    /// </summary>
    /// <param name="scores">Scores of all experts, [numExperts]; groups are runs of equal length.</param>
    /// <param name="groupScores">Score of each group, [numGroups].</param>
    /// <param name="bestGroups">Scratch, [topKGroups].</param>
    private static void KeepBestGroups(Span<float> scores, ReadOnlySpan<float> groupScores, Span<int> bestGroups)
    {
        SelectLargest(groupScores, bestGroups);
        int size = scores.Length / groupScores.Length;
        for (int group = 0; group < groupScores.Length; group++)
        {
            if (!bestGroups.Contains(group))
            {
                foreach (ref float score in scores.Slice(group * size, size))
                {
                    score = float.IsNegativeInfinity(score) ? score : float.MinValue;
                }
            }
        }
    }

    private static void Scale(Span<float> weights, float factor)
    {
        foreach (ref float weight in weights)
        {
            weight *= factor;
        }
    }

    private static void CheckGroups(Routing routing, int numGroups, int topKGroups)
    {
        ArgumentNullException.ThrowIfNull(routing);
        ArgumentOutOfRangeException.ThrowIfLessThan(numGroups, 1);
        ArgumentOutOfRangeException.ThrowIfNotEqual(routing.NumExperts % numGroups, 0, nameof(numGroups));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(topKGroups, numGroups);

        // else experts would be chosen that do not compete
        ArgumentOutOfRangeException.ThrowIfLessThan(topKGroups * (routing.NumExperts / numGroups), routing.TopK, nameof(topKGroups));
    }
}
