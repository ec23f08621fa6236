using MoeGen.Experts;
using MoeGen.Planning;

namespace MoeGen.Tests.Planning;

public class QualityModelTests
{
    private static readonly ExpertGrid s_grid = new(4, 16, 2);

    // every layer helps less and less, the first most, and updates help too
    private static double KnownDivergence(IReadOnlyList<int> experts, int interval) =>
        (2.0 / experts[0]) + (0.5 / experts[1]) + (0.2 / experts[2]) + (0.1 / experts[3]) + (0.3 * (1 - (1.0 / interval)));

    [Fact]
    public void LearnsWhatLayersAreWorth()
    {
        QualityModel model = QualityModel.Learn([.. Samples(120)], s_grid, seed: 1);
        Assert.InRange(model.Error.Score, 0, model.Error.ScoreOfMean / 4);
        Assert.InRange(model.Error.Agreement, 0, model.Error.AgreementOfMean / 4);

        // it knows which layer to give slots to, and that updates help
        Assert.True(model.Predict([12, 4, 4, 4], 4).Score > model.Predict([4, 4, 4, 12], 4).Score);
        Assert.True(model.Predict([6, 6, 6, 6], 1).Score > model.Predict([6, 6, 6, 6], 64).Score);
    }

    [Fact]
    public void SameSamplesAndSeed_GiveTheSameModel()
    {
        QualityForecast Forecast() => QualityModel.Learn([.. Samples(12)], s_grid, seed: 3).Predict([5, 6, 7, 8], 2);
        Assert.Equal(Forecast(), Forecast());
    }

    [Fact]
    public void Error_IsThatOfTheMeanBesideThatOfTheForecast()
    {
        // agreements 0.4 and 0.8: their mean is off by 0.2; forecasts are off by 0.1 and 0.05
        SwapConfiguration any = new(1, [1]);
        double divergence = Math.Log(2); // score 0.5
        HeldOutError error = HeldOutError.Of(
        [
            (new QualitySample(any, 0.4, 0), new QualityForecast(0.5, 0.9)),
            (new QualitySample(any, 0.8, divergence), new QualityForecast(0.75, 0.7)),
        ]);
        Assert.Equal(0.075, error.Agreement, 12);
        Assert.Equal(0.2, error.AgreementOfMean, 12);
        Assert.Equal(0.15, error.Score, 12);
        Assert.Equal(0.25, error.ScoreOfMean, 12);
    }

    [Fact]
    public void FewerSamplesThanFolds_AreRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => QualityModel.Learn([.. Samples(4)], s_grid, seed: 1));

    private static IEnumerable<QualitySample> Samples(int count)
    {
        Random random = new(2);
        PlanSpace space = new(s_grid, 40);
        for (int i = 0; i < count; i++)
        {
            SwapConfiguration configuration = new(1 << random.Next(5), space.Draw(random, 20));
            double divergence = KnownDivergence(configuration.ExpertsPerLayer, configuration.UpdateInterval);
            yield return new QualitySample(configuration, 1 / (1 + divergence), divergence);
        }
    }
}
