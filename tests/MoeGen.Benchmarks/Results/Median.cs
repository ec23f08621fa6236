namespace MoeGen.Benchmarks.Results;

/// <summary>The value in the middle.</summary>
internal static class Median
{
    /// <summary>The median; of an even number of values the mean of the two in the middle.</summary>
    /// <param name="values">At least one.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static double Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length == 0 ? throw new ArgumentException("The median of no values.", nameof(values))
            : sorted.Length % 2 == 1 ? sorted[middle]
            : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
