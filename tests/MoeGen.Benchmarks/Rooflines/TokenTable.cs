using MoeGen.Benchmarks.Report;
using MoeGen.Weights;

namespace MoeGen.Benchmarks.Rooflines;

/// <summary>What a decoded token of OLMoE spends where: the times of single kernels, as often as a token runs them.</summary>
internal static class TokenTable
{
    private static readonly (string Kernel, int Runs)[] s_kernels =
    [
        (KernelNames.Projection, 4 * Olmoe.NumLayers), // queries, keys, values, and back
        (KernelNames.Router, Olmoe.NumLayers),
        (KernelNames.Experts, Olmoe.NumLayers),
        (KernelNames.Attention, Olmoe.NumLayers),
        (KernelNames.Norm, (4 * Olmoe.NumLayers) + 1), // two of the residual stream, of queries and of keys; one at the end
        (KernelNames.Rope, Olmoe.NumLayers),
        (KernelNames.Choice, Olmoe.NumLayers),
        (KernelNames.Head, 1),
    ];

    /// <summary>Makes the table; times are those of the most threads.</summary>
    /// <param name="results">Kernels; those of single tokens count.</param>
    public static MarkdownTable Of(IReadOnlyList<KernelResult> results)
    {
        WeightFormat[] formats = Enum.GetValues<WeightFormat>();
        int numThreads = results.Max(result => result.NumThreads);
        double Milliseconds(string kernel, int runs, WeightFormat weights) =>
            1e3 * runs * results.First(
                result => result.Kernel == kernel && result.Format == FormatOf(kernel, weights) && result.NumTokens == 1
                    && result.NumThreads == numThreads).Seconds;
        double[] sums = [.. formats.Select(format => s_kernels.Sum(kernel => Milliseconds(kernel.Kernel, kernel.Runs, format)))];
        MarkdownTable table = new(["kernel", "runs", .. formats.Select(format => $"{format}, ms (%)")]);
        foreach ((string kernel, int runs) in s_kernels)
        {
            IEnumerable<string> cells = formats.Zip(sums, (format, sum) =>
            {
                double milliseconds = Milliseconds(kernel, runs, format);
                return $"{Format.Digits(milliseconds)} ({Format.Percent(milliseconds / sum)})";
            });
            table.Add([kernel, Format.Number(runs), .. cells]);
        }

        table.Add(["all of them", "", .. sums.Select(Format.Digits)]);
        return table;
    }

    /// <summary>The format in which a model with such weights has a kernel's operands.</summary>
    internal static string FormatOf(string kernel, WeightFormat weights) => (kernel switch
    {
        KernelNames.Router when weights.IsQuantized() => WeightFormat.BF16,
        KernelNames.Head when weights.IsQuantized() => WeightFormat.Q8,
        KernelNames.Norm when !weights.IsQuantized() => WeightFormat.F32,
        KernelNames.Projection or KernelNames.Experts or KernelNames.Router or KernelNames.Head or KernelNames.Norm => weights,
        _ => WeightFormat.F32,
    }).ToString();
}
