namespace MoeGen.Experts.Eviction;

/// <summary>Orders by a group, and inside a group by the last use, in the one number that a rule returns.</summary>
internal static class UseOrder
{
    // 2^40 uses are ten billion tokens of a large model; with 2^12 groups a double still tells all of them apart
    private const double UsesPerGroup = 1L << 40;

    /// <summary>The place in the order.</summary>
    /// <param name="group">Smaller ones go first; -2^12 to 2^12.</param>
    /// <param name="lastUse">Clock of the last use; earlier ones go first.</param>
    public static double Within(int group, long lastUse) => (group * UsesPerGroup) + lastUse;
}
