namespace MoeGen.Benchmarks.Results;

/// <summary>What the rounds of a method under a budget have come to: medians, and shares of all uses together.</summary>
internal sealed record Summary
{
    private readonly IReadOnlyList<Sample> _samples;

    private Summary(IReadOnlyList<Sample> samples)
    {
        _samples = samples;
        Uses = samples.Aggregate(default(UseCounts), (sum, sample) => sum + sample.Uses);
    }

    public string Method => _samples[0].Configuration.Method;

    public int BudgetPercent => _samples[0].Configuration.BudgetPercent;

    public UseCounts Uses { get; }

    public double MeanTpotMs => MedianOf(sample => sample.MeanTpotMs);

    /// <summary>All methods under all budgets, in the order in which they come first.</summary>
    public static IReadOnlyList<Summary> Of(IEnumerable<Sample> samples) =>
    [
        .. from sample in samples
           group sample by sample.Configuration with { Round = 0 } into rounds
           select new Summary([.. rounds]),
    ];

    public double MedianOf(Func<Sample, double> value) => Median.Of(_samples.Select(value));

    /// <summary>How much longer a token takes than with another method, 0.1 for 10 %: median over the rounds of both.</summary>
    public double? TpotDifference(Summary other)
    {
        double[] differences =
        [
            .. from mine in _samples
               join theirs in other._samples on mine.Configuration.Round equals theirs.Configuration.Round
               select (mine.MeanTpotMs / theirs.MeanTpotMs) - 1,
        ];
        return differences.Length == 0 ? null : Median.Of(differences);
    }

    /// <summary>How many more uses hit than with another method, as a share of its hits; null: it has none.</summary>
    public double? HitDifference(Summary other) => other.Uses.HitShare == 0 ? null : (Uses.HitShare / other.Uses.HitShare) - 1;
}
