using MoeGen.Benchmarks.Measuring;
using MoeGen.Benchmarks.Results;
using MoeGen.Cli.Charts;

namespace MoeGen.Benchmarks.Report;

/// <summary>The two charts of a set of summaries: hit rate and time of a token against the budget.</summary>
internal static class OffloadingCharts
{
    private const string BudgetTitle = "experts that fit into the budget (%)";

    // an order that no measurement changes
    private static readonly string[] s_names = [.. Offloading.ExactNames, .. SimulatedSection.Bounds, MeasurementPlan.WithHistory];

    public static LineChart HitRate(string where, IReadOnlyList<Summary> summaries) => new()
    {
        Title = $"Hit rate, {where}",
        XTitle = BudgetTitle,
        YTitle = "uses that hit (%)",
        YMost = MeasurementPlan.Everything,

        // of what is resident everything hits
        Lines = Lines([.. summaries.Where(summary => summary.Method != MeasurementPlan.Resident)], summary => 100 * summary.Uses.HitShare),
    };

    public static LineChart Tpot(string where, IReadOnlyList<Summary> summaries) => new()
    {
        Title = $"Time per output token, {where}",
        XTitle = BudgetTitle,
        YTitle = "time of a token (ms)",
        Lines = Lines(summaries, summary => summary.MeanTpotMs),
    };

    private static ChartLine[] Lines(IReadOnlyList<Summary> summaries, Func<Summary, double> value) =>
    [
        .. from summary in summaries
           group ((double)summary.BudgetPercent, value(summary)) by summary.Method into method
           let style = StyleOf(method.Key)
           orderby style
           select new ChartLine(method.Key, [.. method], style, IsEmphasized: method.Key == OffloadingPage.Subject),
    ];

    // results may be of a version with other methods
    private static int StyleOf(string method) => Array.IndexOf(s_names, method) is >= 0 and int index ? index : s_names.Length;
}
