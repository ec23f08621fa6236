using MoeGen.Evaluation;
using MoeGen.Tests.Experts.Prefetch;

namespace MoeGen.Tests.Evaluation;

public class QualityMeterTests
{
    [Fact]
    public void Figures_ByHand()
    {
        QualityMeter meter = new(4);
        meter.Add(new TokenQuality(ExactLoss: Math.Log(2), Loss: Math.Log(4), Divergence: 0.5, Agrees: true));
        meter.Add(new TokenQuality(ExactLoss: Math.Log(8), Loss: Math.Log(64), Divergence: 1.5, Agrees: false));

        // geometric means of the inverse probabilities
        Assert.Equal(2, meter.NumTokens);
        Assert.Equal(Math.Sqrt(2 * 8), meter.ExactPerplexity, 1e-12);
        Assert.Equal(Math.Sqrt(4 * 64), meter.Perplexity, 1e-12);
        Assert.Equal(Math.Log(16), meter.Loss, 1e-12);
        Assert.Equal(0.5, meter.Agreement);
        Assert.Equal(1, meter.Divergence);
    }

    [Fact]
    public void Percentile_IsTheNearestRank()
    {
        QualityMeter meter = new(40);
        foreach (int i in Enumerable.Range(1, 40).Reverse())
        {
            meter.Add(new TokenQuality(0, 0, i, true));
        }

        Assert.Equal(38, meter.DivergencePercentile(0.95));
        Assert.Equal(20, meter.DivergencePercentile(0.5));
        Assert.Equal(40, meter.DivergencePercentile(1));
    }

    [Fact]
    public void WithoutTokens_ThereAreNoFigures()
    {
        QualityMeter meter = new(1);
        double[] figures = [meter.Perplexity, meter.Agreement, meter.Divergence, meter.DivergencePercentile(0.95)];
        Assert.All(figures, figure => Assert.Equal(double.NaN, figure));
    }

    [Fact]
    public void MoreTokensThanRoom_AreRefused()
    {
        QualityMeter meter = new(1);
        meter.Add([1, 2], [1, 2], 0);
        Assert.Throws<InvalidOperationException>(() => meter.Add([1, 2], [1, 2], 0));
    }

    [Fact]
    public void Token_AllocatesNothing()
    {
        QualityMeter meter = new(100);
        float[] exact = [1, 2, 3], logits = [3, 2, 1];
        Assert.Equal(0, Allocations.Of(() => meter.Add(exact, logits, 1)));
    }
}
