using MoeGen.Experts;
using MoeGen.Weights;

namespace MoeGen.Kernels;

/// <summary>
/// From router logits to chosen experts: one method for each way in which published models choose. In all of them workers share the
/// tokens, a Sync stands behind the product that gave the logits, and of equal scores the one with the lower id is the better one.
/// </summary>
public static partial class TopK
{
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

    /// <summary>Takes the experts outside the best groups out of the competition: their scores become minus infinity.</summary>
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
                scores.Slice(group * size, size).Fill(float.NegativeInfinity);
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
