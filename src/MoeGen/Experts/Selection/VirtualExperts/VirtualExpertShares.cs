namespace MoeGen.Experts.Selection.VirtualExperts;

/// <summary>How many Virtual Experts each layer gets of the slots that there are.</summary>
internal static class VirtualExpertShares
{
    /// <summary>Slots between which a model runs: a Virtual Expert for each layer and a spare slot at least; what a plan says at most.</summary>
    /// <exception cref="SwapPlanException">The plan is not one for this model.</exception>
    public static SlotBounds BoundsOf(ModelInfo info, SwapOptions options)
    {
        int all = info.SparseLayers.Count * info.NumExperts;
        int least = Math.Min(info.SparseLayers.Count + options.SpareSlots, all);
        options.Plan?.Validate(info);
        int planned = options.Plan?.ExpertsPerLayer.Sum() ?? all;
        return new SlotBounds(least, planned == all ? all : Math.Clamp(planned + options.SpareSlots, least, Math.Max(least, all - 1)));
    }

    /// <summary>Virtual Experts of all layers: every slot but the spare ones, or all experts.</summary>
    public static int CountOf(ExpertGrid grid, int numSlots, int spareSlots) =>
        numSlots >= grid.Count ? grid.Count : Math.Max(grid.NumLayers, numSlots - spareSlots);

    /// <summary>
    /// Shares Virtual Experts among layers in proportion to weights, each layer getting at least one and at most all of its experts. What
    /// does not divide goes where most is missing, among equals to the layers in the middle: language models need more experts there (SwapMoE,
    /// section 4).
    /// </summary>
    /// <param name="grid">The experts.</param>
    /// <param name="count">Virtual Experts, from one for each layer up to all.</param>
    /// <param name="weights">Weight of each layer, above 0, [layers]; null: all alike.</param>
    /// <returns>Virtual Experts of each layer, [layers].</returns>
    public static int[] Of(ExpertGrid grid, int count, IReadOnlyList<int>? weights)
    {
        double perWeight = count / (double)(weights?.Sum() ?? grid.NumLayers);
        double[] quotas = [.. Enumerable.Range(0, grid.NumLayers).Select(layer => perWeight * (weights?[layer] ?? 1))];
        int[] shares = [.. quotas.Select(quota => Math.Clamp((int)quota, 1, grid.NumExperts))];
        int[] fromTheMiddle = [.. Enumerable.Range(0, grid.NumLayers).OrderBy(layer => Math.Abs((2 * layer) - grid.NumLayers + 1))];
        for (int rest = count - shares.Sum(); rest != 0; rest -= Math.Sign(rest))
        {
            int layer = rest > 0
                ? fromTheMiddle.Where(layer => shares[layer] < grid.NumExperts).MaxBy(layer => quotas[layer] - shares[layer])
                : fromTheMiddle.Where(layer => shares[layer] > 1).MinBy(layer => quotas[layer] - shares[layer]);
            shares[layer] += Math.Sign(rest);
        }

        return shares;
    }
}
