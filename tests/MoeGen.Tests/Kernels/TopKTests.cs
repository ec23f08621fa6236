using MoeGen.Engine;
using MoeGen.Experts;
using MoeGen.Kernels;

namespace MoeGen.Tests.Kernels;

public class TopKTests
{
    [Fact]
    public void Choose_ByHand()
    {
        // exp of (0, ln 3, ln 4) is (1, 3, 4), their sum 8: probabilities 1/8, 3/8, 4/8
        (int[] ids, float[] weights) = Choose([0, MathF.Log(3), MathF.Log(4)], 2, normalize: false);
        Assert.Equal([2, 1], ids);
        Close.Assert([0.5, 0.375], weights, "probabilities");
        Close.Assert([4.0 / 7, 3.0 / 7], Choose([0, MathF.Log(3), MathF.Log(4)], 2, normalize: true).Weights, "renormalised");
    }

    [Fact]
    public void EqualLogits_TheLowerIdIsBetter() => Assert.Equal([1, 3, 0], Choose([1, 2, 1, 2, 1], 3, normalize: false).Ids);

    [Fact]
    public void LargeLogits_DoNotOverflow() => Close.Assert([1, 0], Choose([3e38f, -3e38f], 2, normalize: true).Weights, "weights");

    [Fact]
    public void RandomLogits_AreChosenAsSortingWould()
    {
        Random random = new(5);
        for (int i = 0; i < 500; i++)
        {
            int experts = random.Next(1, 200), k = random.Next(1, experts + 1);

            // few distinct values, so that ties are common
            float[] logits = [.. Enumerable.Range(0, experts).Select(_ => (float)random.Next(20))];
            int[] expected = [.. Enumerable.Range(0, experts).OrderByDescending(e => logits[e]).ThenBy(e => e).Take(k)];
            (int[] ids, float[] weights) = Choose(logits, k, normalize: true);
            Assert.Equal(expected, ids);
            Close.Assert(1, weights.Sum(), "sum of the weights");
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void NonFiniteLogits_AreNotRouted(float value)
    {
        using Routing routing = new(4, 2, 2);
        routing.Logits[1][3] = value;
        using WorkerTeam team = new(2);
        NonFiniteValueException exception = Assert.Throws<NonFiniteValueException>(
            () => team.Run(worker => TopK.SoftmaxThenTopK(routing, normalize: true, layer: 7, numTokens: 2, worker)));
        Assert.Contains("layer 7", exception.Message);
        Assert.Contains("expert 3", exception.Message);
    }

    private static (int[] Ids, float[] Weights) Choose(float[] logits, int k, bool normalize)
    {
        int[] ids = new int[k];
        float[] weights = new float[k];
        TopK.Choose(logits, ids, weights, normalize);
        return (ids, weights);
    }
}
