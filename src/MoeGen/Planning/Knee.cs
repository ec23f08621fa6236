namespace MoeGen.Planning;

/// <summary>The point of a curve up to which something costs nothing.</summary>
internal static class Knee
{
    /// <summary>Finds the last setting before the cost begins to rise.</summary>
    /// <param name="costs">Cost of each setting, from the one that does least to the one that does most.</param>
    /// <param name="tolerance">Rise above the least cost so far that counts as noise, as a share of it.</param>
    /// <returns>0-based index of the setting.</returns>
    public static int Find(ReadOnlySpan<double> costs, double tolerance)
    {
        double least = costs[0];
        for (int i = 1; i < costs.Length; i++)
        {
            if (costs[i] > least * (1 + tolerance))
            {
                return i - 1;
            }

            least = Math.Min(least, costs[i]);
        }

        return costs.Length - 1;
    }
}
