using MoeGen.Evaluation;

namespace MoeGen.Tests.Evaluation;

public class TokenQualityTests
{
    // double precision with a decimal or two to spare: sums of 5,000 terms
    private const double Tolerance = 1e-12;

    [Fact]
    public void TwoTokens_ByHand()
    {
        // exact: softmax(ln 3, 0) = (3/4, 1/4); under test: softmax(0, 0) = (1/2, 1/2)
        TokenQuality quality = TokenQuality.Of([MathF.Log(3), 0], [0, 0], token: 1);
        Assert.Equal(Math.Log(4), quality.ExactLoss, 1e-7);
        Assert.Equal(Math.Log(2), quality.Loss, Tolerance);

        // 3/4 ln(3/4 : 1/2) + 1/4 ln(1/4 : 1/2)
        Assert.Equal((0.75 * Math.Log(1.5)) + (0.25 * Math.Log(0.5)), quality.Divergence, 1e-7);
        Assert.True(quality.Agrees); // of equal logits the first is the most probable
        Assert.False(TokenQuality.Of([1, 0], [0, 1], token: 0).Agrees);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(5000)]
    public void RandomLogits_AreThoseOfTheDefinition(int vocabSize)
    {
        Random random = new(vocabSize);
        float[] exact = Logits(random, vocabSize), logits = Logits(random, vocabSize);
        double[] p = Softmax(exact), q = Softmax(logits);
        int token = random.Next(vocabSize);
        TokenQuality quality = TokenQuality.Of(exact, logits, token);
        Assert.Equal(-Math.Log(p[token]), quality.ExactLoss, Tolerance);
        Assert.Equal(-Math.Log(q[token]), quality.Loss, Tolerance);
        Assert.Equal(p.Zip(q, (a, b) => a * Math.Log(a / b)).Sum(), quality.Divergence, Tolerance);
        Assert.Equal(Array.IndexOf(p, p.Max()) == Array.IndexOf(q, q.Max()), quality.Agrees);
    }

    [Fact]
    public void EqualLogits_DoNotDifferInTheLastBit()
    {
        Random random = new(1);
        for (int i = 0; i < 100; i++)
        {
            float[] logits = Logits(random, 999);
            TokenQuality quality = TokenQuality.Of(logits, [.. logits], i);
            Assert.Equal(0, quality.Divergence);
            Assert.Equal(quality.ExactLoss, quality.Loss);
            Assert.True(quality.Agrees);
        }
    }

    [Fact]
    public void LargeLogits_DoNotOverflow()
    {
        TokenQuality quality = TokenQuality.Of([3e4f, 0, -3e4f], [-3e4f, 0, 3e4f], token: 0);
        Assert.Equal(0, quality.ExactLoss);
        Assert.Equal(6e4, quality.Loss);
        Assert.Equal(6e4, quality.Divergence);
    }

    [Fact]
    public void OtherVocabulary_IsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => TokenQuality.Of([1, 2], [1, 2, 3], 0));

    private static float[] Logits(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 30) - 15))];

    private static double[] Softmax(float[] logits)
    {
        double sum = logits.Sum(logit => Math.Exp(logit));
        return [.. logits.Select(logit => Math.Exp(logit) / sum)];
    }
}
