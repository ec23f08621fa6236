namespace MoeGen.Experts.Eviction;

/// <summary>Gives up the expert with the smallest product of predicted probability and frequency.</summary>
/// <remarks>
/// Worth: <c>p x (1 + frequency)</c>. Source: FineMoE (arXiv 2502.05370), whose priority of eviction is <c>1 / (p x frequency)</c>. There,
/// what was loaded ahead and has not been used yet would be worth nothing however probable it is; the 1 is the use that is expected.
/// </remarks>
public sealed class ExpertMapEviction : IEviction
{
    private readonly ExpertFrequency _frequency;
    private readonly bool _usesProbability;

    /// <summary>Creates the rule.</summary>
    /// <param name="frequency">What counts as frequency.</param>
    /// <param name="usesProbability">Whether predictions count; no: frequency alone, for comparison.</param>
    public ExpertMapEviction(ExpertFrequency frequency = ExpertFrequency.ThisSequence, bool usesProbability = true)
    {
        _frequency = frequency;
        _usesProbability = usesProbability;
    }

    /// <inheritdoc/>
    public string Name => "expert-map";

    /// <inheritdoc/>
    public bool ComparesPrefetches => true;

    /// <inheritdoc/>
    public double KeepValue(int key, ExpertUsage usage, in EvictionMoment moment)
    {
        double frequency = _frequency switch
        {
            ExpertFrequency.WholeRun => 1.0 + usage.Uses[key],
            ExpertFrequency.ThisSequence => 1.0 + usage.SequenceTokens[key],
            ExpertFrequency.WhileCached => 1.0 + usage.UsesWhileCached[key],
            _ => (1.0 + usage.Uses[key]) / (1 + moment.Pass - usage.LastPass[key]),
        };
        return _usesProbability ? usage.Probability[key] * frequency : frequency;
    }
}
