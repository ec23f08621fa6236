using MoeGen.Experts.Prefetch;

namespace MoeGen.Tests.Experts.Prefetch;

public class ExpertSelectionTests
{
    [Theory]
    [InlineData(0.9f, 2)] // delta .1: .5 covers it, but at least 2
    [InlineData(0.3f, 2)] // delta .7: .5 + .3
    [InlineData(0.1f, 3)] // delta .9: .5 + .3 + .15
    [InlineData(-0.2f, 4)] // delta 1.2, clipped to 1: all
    [InlineData(1f, 2)]
    public void PapersVectors(float score, int expected)
    {
        ExpertSelection selection = new(4);
        Assert.Equal(
            Enumerable.Range(0, expected), selection.Cover([0.5f, 0.3f, 0.15f, 0.05f], ExpertSelection.DeltaOf(score), 2).ToArray());
    }

    [Theory]
    [InlineData(1.0000001f, 0)]
    [InlineData(1, 0)]
    [InlineData(0.25f, 0.75f)]
    [InlineData(0, 1)]
    [InlineData(-1, 1)]
    public void Delta_IsClipped(float score, float expected) => Assert.Equal(expected, ExpertSelection.DeltaOf(score));

    [Fact]
    public void Equals_KeepTheOrderOfIds() =>
        Assert.Equal([2, 0, 3, 1, 4], new ExpertSelection(5).Rank([0.2f, 0.1f, 0.5f, 0.2f, 0]).ToArray());

    [Fact]
    public void DeltaOfOne_EndsAtTheLastExpertThatMatters()
    {
        // .7 + .3 is 1 in float although the sum of the two floats is 0.9999999988 in double
        Assert.Equal([1, 0], new ExpertSelection(4).Cover([0.3f, 0.7f, 0, 0], 1, 1).ToArray());
    }

    [Fact]
    public void AtLeast_IsBoundedByTheLayer() => Assert.Equal(2, new ExpertSelection(2).Cover([0.5f, 0.5f], 0, 4).Length);

    [Fact]
    public void Cover_IsTheSmallestPrefixOfTheOrder()
    {
        Random random = new(3);
        for (int i = 0; i < 500; i++)
        {
            int numExperts = random.Next(1, 70), atLeast = random.Next(1, 9);
            float[] probabilities = Distributions.Random(random, numExperts);
            float delta = random.NextSingle();
            int[] order = [.. Enumerable.Range(0, numExperts).OrderByDescending(expert => probabilities[expert])];
            int count = 0;
            for (double sum = 0; count < numExperts && (float)sum < delta; count++)
            {
                sum += probabilities[order[count]];
            }

            count = Math.Clamp(count, Math.Min(atLeast, numExperts), numExperts);
            Assert.Equal(order[..count], new ExpertSelection(numExperts).Cover(probabilities, delta, atLeast).ToArray());
        }
    }

    [Fact]
    public void Cover_AllocatesNothing()
    {
        float[] probabilities = Distributions.Random(new Random(4), 60);
        ExpertSelection selection = new(60);
        Assert.Equal(0, Allocations.Of(() => selection.Cover(probabilities, 0.9f, 4)));
    }
}
