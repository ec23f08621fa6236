using MoeGen.Benchmarks.Report;

namespace MoeGen.Benchmarks.Rooflines;

/// <summary>Kernels beside their limits: a row for each kernel, format and number of tokens, columns for each number of threads.</summary>
internal static class KernelTable
{
    private const double Mega = 1e6;
    private const double Kilo = 1e3;

    /// <summary>Makes the table.</summary>
    /// <param name="results">Kernels.</param>
    /// <param name="areSmall">Whether bytes and operations of a token are counted in thousands, not in millions.</param>
    public static MarkdownTable Of(IEnumerable<KernelResult> results, bool areSmall = false)
    {
        (string prefix, double unit) = areSmall ? ("k", Kilo) : ("M", Mega);
        KernelResult[] all = [.. results];
        int[] threads = [.. all.Select(result => result.NumThreads).Distinct()];
        MarkdownTable table = new(
            [
                "kernel", "format", "tokens", $"{prefix}B", $"{prefix} operations", "operations per byte",
                .. threads.SelectMany(count => new[] { $"{Words(count)}: us a token", "GB/s", "Gop/s", "limit", "% of it" }),
            ]);
        foreach (IGrouping<(string Kernel, string Format, int NumTokens), KernelResult> row in
            all.GroupBy(result => (result.Kernel, result.Format, result.NumTokens)))
        {
            KernelWork work = row.First().Work / row.Key.NumTokens;
            table.Add(
                [
                    row.Key.Kernel, row.Key.Format, Format.Number(row.Key.NumTokens), Format.Digits(work.Bytes / unit),
                    Format.Digits(work.Operations / unit), Format.Digits(work.Intensity), .. threads.SelectMany(count => Cells(row, count)),
                ]);
        }

        return table;
    }

    private static string[] Cells(IEnumerable<KernelResult> row, int numThreads) =>
        row.FirstOrDefault(result => result.NumThreads == numThreads) is { } result
            ?
            [
                Format.Digits(1e6 * result.SecondsPerToken), Format.Digits(result.ByteRate / 1e9),
                Format.Digits(result.OperationRate / 1e9), result.Limit, Format.Number(100 * result.ShareOfLimit),
            ]
            : ["", "", "", "", ""];

    private static string Words(int numThreads) => numThreads == 1 ? "1 thread" : $"{numThreads} threads";
}
