using MoeGen.Experts;

namespace MoeGen.Planning;

/// <summary>
/// Foresees what a configuration does to a model's output, from runs under other configurations: two fully connected layers, learnt by
/// least squares. One thread at a time.
/// </summary>
/// <remarks>
/// Source: SwapMoE (arXiv 2308.15030), section 3.3. The paper's accuracy needs labels; here it is how near a run comes to the exact model.
/// Inputs are the share of its experts that each layer holds, and one by the update interval.
/// </remarks>
internal sealed class QualityModel
{
    // every fifth sample is held out in turn
    private const int Folds = 5;

    // a model of many layers has few samples for each, and must be held back more; what foresees held-out samples best is taken
    private static readonly double[] s_weightDecays = [0.02, 1, 10, 40];

    private readonly ExpertGrid _grid;
    private readonly Regression _regression;
    private readonly double[] _features; // [layers + 1]
    private readonly double[] _targets = new double[2];

    private QualityModel(ExpertGrid grid, Regression regression)
    {
        _grid = grid;
        _regression = regression;
        _features = new double[grid.NumLayers + 1];
    }

    /// <summary>How far it was off on samples that it had not learnt from, each held out once.</summary>
    public required HeldOutError Error { get; init; }

    /// <summary>Learns from samples.</summary>
    /// <param name="samples">At least as many as there are folds, 5.</param>
    /// <param name="grid">Experts of the model.</param>
    /// <param name="seed">The same seed gives the same model.</param>
    /// <param name="cancellationToken">Stops learning.</param>
    public static QualityModel Learn(
        IReadOnlyList<QualitySample> samples, ExpertGrid grid, int seed, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(samples.Count, Folds, nameof(samples));
        (double WeightDecay, HeldOutError Error) best = s_weightDecays
            .Select(weightDecay => (weightDecay, ErrorOf(samples, grid, weightDecay, seed, cancellationToken)))
            .MinBy(candidate => candidate.Item2.Score);
        return LearnFrom(samples, grid, best.WeightDecay, seed, best.Error, cancellationToken);
    }

    /// <summary>Foresees a configuration.</summary>
    /// <param name="expertsPerLayer">Virtual Experts of each layer, [layers].</param>
    /// <param name="updateInterval">Forward passes between two updates.</param>
    public QualityForecast Predict(ReadOnlySpan<int> expertsPerLayer, int updateInterval)
    {
        for (int layer = 0; layer < expertsPerLayer.Length; layer++)
        {
            _features[layer] = expertsPerLayer[layer] / (double)_grid.NumExperts;
        }

        _features[^1] = 1.0 / updateInterval;
        _regression.Predict(_features, _targets);
        return new QualityForecast(Math.Clamp(_targets[0], 0, 1), _targets[1]);
    }

    private static HeldOutError ErrorOf(
        IReadOnlyList<QualitySample> samples, ExpertGrid grid, double weightDecay, int seed, CancellationToken cancellationToken)
    {
        List<(QualitySample Sample, QualityForecast Forecast)> forecasts = [];
        for (int fold = 0; fold < Folds; fold++)
        {
            QualitySample[] seen = [.. samples.Where((_, i) => i % Folds != fold)];
            QualityModel model = LearnFrom(seen, grid, weightDecay, seed, HeldOutError.None, cancellationToken);
            foreach (QualitySample sample in samples.Where((_, i) => i % Folds == fold))
            {
                forecasts.Add((sample, model.Predict([.. sample.Configuration.ExpertsPerLayer], sample.Configuration.UpdateInterval)));
            }
        }

        return HeldOutError.Of(forecasts);
    }

    private static QualityModel LearnFrom(
        IReadOnlyList<QualitySample> samples, ExpertGrid grid, double weightDecay, int seed, HeldOutError error,
        CancellationToken cancellationToken)
    {
        double[][] inputs = [.. samples.Select(sample => ToFeatures(sample.Configuration, grid))];
        double[][] targets = [.. samples.Select(ToTargets)];
        return new QualityModel(grid, Regression.Learn(inputs, targets, weightDecay, seed, cancellationToken)) { Error = error };
    }

    private static double[] ToFeatures(SwapConfiguration configuration, ExpertGrid grid) =>
        [.. configuration.ExpertsPerLayer.Select(count => count / (double)grid.NumExperts), 1.0 / configuration.UpdateInterval];

    private static double[] ToTargets(QualitySample sample) => [sample.Agreement, QualityForecast.ScoreOf(sample.Divergence)];
}

/// <summary>What a configuration is expected to do to a model's output.</summary>
/// <param name="Agreement">Share of tokens whose most probable successor is that of the exact model, 0 to 1.</param>
/// <param name="Score">
/// <c>exp(-KL(exact || model))</c>: 1 for the exact model. It says the same as the agreement, but every token counts by how much its
/// distribution has changed, so that a few hundred tokens tell two configurations apart.
/// </param>
internal readonly record struct QualityForecast(double Agreement, double Score)
{
    /// <summary>The score of a mean divergence, nats.</summary>
    public static double ScoreOf(double divergence) => Math.Exp(-divergence);
}

/// <summary>Mean absolute errors on samples that were not learnt from, beside those of always answering the mean.</summary>
/// <param name="Agreement">Error of the agreement.</param>
/// <param name="AgreementOfMean">The same of the mean.</param>
/// <param name="Score">Error of the score.</param>
/// <param name="ScoreOfMean">The same of the mean.</param>
internal sealed record HeldOutError(double Agreement, double AgreementOfMean, double Score, double ScoreOfMean)
{
    /// <summary>Nothing was held out.</summary>
    public static HeldOutError None { get; } = new(double.NaN, double.NaN, double.NaN, double.NaN);

    /// <summary>Compares forecasts with what was measured.</summary>
    /// <param name="forecasts">Samples that were held out, at least one.</param>
    public static HeldOutError Of(IReadOnlyList<(QualitySample Sample, QualityForecast Forecast)> forecasts)
    {
        double agreement = forecasts.Average(pair => pair.Sample.Agreement);
        double score = forecasts.Average(pair => QualityForecast.ScoreOf(pair.Sample.Divergence));
        return new HeldOutError(
            forecasts.Average(pair => Math.Abs(pair.Forecast.Agreement - pair.Sample.Agreement)),
            forecasts.Average(pair => Math.Abs(agreement - pair.Sample.Agreement)),
            forecasts.Average(pair => Math.Abs(pair.Forecast.Score - QualityForecast.ScoreOf(pair.Sample.Divergence))),
            forecasts.Average(pair => Math.Abs(score - QualityForecast.ScoreOf(pair.Sample.Divergence))));
    }
}
