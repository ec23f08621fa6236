using MoeGen.Benchmarks.Report;
using MoeGen.Benchmarks.Results;

namespace MoeGen.Benchmarks.Rooflines;

/// <summary>What the machine gave to the loops that stood beside the kernels, medians of all of them.</summary>
internal static class LimitTable
{
    public static MarkdownTable Of(IReadOnlyList<KernelResult> results)
    {
        MarkdownTable table = new(
            "threads", "read from memory, GB/s", "float32, Gop/s", "16-bit pairs, Gop/s", "8-bit fours, Gop/s",
            "float32 operations per byte");
        foreach (IGrouping<int, KernelResult> threads in results.GroupBy(result => result.NumThreads))
        {
            double read = Median.Of(threads.Where(result => !result.IsCached).Select(result => result.ReadRate));
            double Peak(Arithmetic arithmetic) =>
                Median.Of(threads.Where(result => result.Arithmetic == arithmetic).Select(result => result.PeakRate));
            table.Add(
                $"{threads.Key}", Format.Digits(read / 1e9), Format.Digits(Peak(Arithmetic.Floats) / 1e9),
                Format.Digits(Peak(Arithmetic.Pairs) / 1e9), Format.Digits(Peak(Arithmetic.Fours) / 1e9),
                Format.Digits(Peak(Arithmetic.Floats) / read));
        }

        return table;
    }
}
