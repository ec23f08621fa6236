namespace MoeGen.Evaluation;

/// <summary>Percentiles by nearest rank: always one of the values.</summary>
internal static class Percentile
{
    /// <summary>The smallest value that a share of all does not exceed; NaN of none.</summary>
    /// <param name="values">The values, in any order.</param>
    /// <param name="share">Above 0, up to 1: 0.95 for the 95th percentile.</param>
    public static double Of(IReadOnlyCollection<double> values, double share)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? double.NaN : sorted[RankOf(share, sorted.Length)];
    }

    /// <summary>The 0-based place of a percentile among values in ascending order.</summary>
    /// <param name="share">Above 0, up to 1.</param>
    /// <param name="count">Values, at least one.</param>
    public static int RankOf(double share, int count) => Math.Clamp((int)Math.Ceiling(share * count) - 1, 0, count - 1);
}
