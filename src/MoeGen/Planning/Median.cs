namespace MoeGen.Planning;

/// <summary>The middle of some numbers, which single slow ones do not move.</summary>
internal static class Median
{
    /// <summary>Finds it, by nearest rank.</summary>
    /// <param name="values">At least one.</param>
    public static double Of(IReadOnlyCollection<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[(sorted.Length - 1) / 2];
    }
}
