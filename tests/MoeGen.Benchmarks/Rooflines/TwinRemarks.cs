using MoeGen.Benchmarks.Report;
using MoeGen.Benchmarks.Results;

namespace MoeGen.Benchmarks.Rooflines;

/// <summary>What the twins come to.</summary>
internal static class TwinRemarks
{
    /// <summary>Says how much longer kernels and the model take without constants.</summary>
    /// <param name="measurement">What was measured.</param>
    public static string Of(RooflineMeasurement measurement)
    {
        string Gains(IEnumerable<TwinResult> results)
        {
            double[] gains = [.. results.Select(result => result.Gain)];
            return gains.Length == 0 ? "–"
                : $"{Format.Difference(Median.Of(gains))} ({Format.Difference(gains.Min())} to {Format.Difference(gains.Max())})";
        }

        string one = Gains(measurement.Twins.Where(twin => twin.NumTokens == 1));
        string several = Gains(measurement.Twins.Where(twin => twin.NumTokens > 1));
        return $"""
            Longer without constants, median (least to most): single kernels with one token {one}, with several {several}; the demo model as
            a whole {Gains(measurement.Models)}.

            That is what build-time specialisation of shapes is worth to kernels that are written in tiles: a tile holds its sums in
            registers and steps through panels whatever the shape, so that constants save the ends of loops and sums of addresses, which the
            processor does beside the rest. They show where matrices are small and blocks need many addresses, as in Q4, and not where
            memory is waited for. What else constants could do has been tried, see *What kernels reach* in [DESIGN.md](../DESIGN.md); what
            the generator gives besides, types and checks at build time, no twin can measure.
            """;
    }
}
