using MoeGen.Engine.Sampling;

namespace MoeGen.Tests.Engine.Sampling;

public class SamplerTests
{
    private static readonly SamplingOptions s_all = new() { Temperature = 1, TopK = 0, TopP = 1, MinP = 0, Seed = 1 };

    [Fact]
    public void Greedy_TakesTheFirstOfTheLargest() => Assert.Equal(1, Draw(SamplingOptions.Greedy, [1, 3, 3, 2], 1)[0]);

    [Fact]
    public void Draws_FollowTheSoftmax()
    {
        // logits ln 1, ln 2, ln 5: probabilities 1/8, 2/8, 5/8
        int[] counts = Count(s_all, [0, MathF.Log(2), MathF.Log(5)]);
        Assert.InRange(counts[0], 1050, 1450);
        Assert.InRange(counts[1], 2250, 2750);
        Assert.InRange(counts[2], 6000, 6500);
    }

    [Fact]
    public void Temperature_SharpensAndFlattens()
    {
        // halving the temperature squares the ratios: 1 : 4 : 25
        int[] counts = Count(s_all with { Temperature = 0.5f }, [0, MathF.Log(2), MathF.Log(5)]);
        Assert.InRange(counts[0], 230, 440);
        Assert.InRange(counts[2], 8100, 8600);
    }

    [Fact]
    public void TopK_KeepsTheBest() => AssertSupport(s_all with { TopK = 2 }, [0, 3, 1, 2], 1, 3);

    [Fact]
    public void TopK_AsLargeAsASort_KeepsTheBest()
    {
        float[] logits = [.. Enumerable.Range(0, 1000).Select(i => i < 300 ? 5f : -5f)];
        Assert.All(Draw(s_all with { TopK = 300 }, logits, 2000), token => Assert.InRange(token, 0, 299));
    }

    [Fact]
    public void TopP_KeepsTheSmallestSetThatReachesTheSum()
    {
        // probabilities 0.5, 0.3, 0.15, 0.05
        float[] logits = [.. new[] { 0.5f, 0.3f, 0.15f, 0.05f }.Select(p => MathF.Log(p))];
        AssertSupport(s_all with { TopP = 0.5f }, logits, 0);
        AssertSupport(s_all with { TopP = 0.51f }, logits, 0, 1);
        AssertSupport(s_all with { TopP = 0.94f }, logits, 0, 1, 2);
    }

    [Fact]
    public void MinP_KeepsWhatIsProbableEnough()
    {
        float[] logits = [.. new[] { 0.5f, 0.3f, 0.15f, 0.05f }.Select(p => MathF.Log(p))];
        AssertSupport(s_all with { MinP = 0.25f }, logits, 0, 1, 2);
        AssertSupport(s_all with { MinP = 0.61f }, logits, 0);
    }

    [Fact]
    public void MinP_CountsAfterTheTemperature()
    {
        // at temperature 2 the ratio 0.3 : 0.5 becomes its square root, 0.77
        float[] logits = [.. new[] { 0.5f, 0.3f }.Select(p => MathF.Log(p))];
        AssertSupport(s_all with { MinP = 0.7f, Temperature = 2 }, logits, 0, 1);
    }

    [Fact]
    public void RepetitionPenalty_CountsThePromptToo()
    {
        SamplingOptions options = SamplingOptions.Greedy with { RepetitionPenalty = 2 };
        Assert.Equal(1, new Sampler(options, 3, [0]).Next([3, 2, 1]));
        Assert.Equal(1, new Sampler(options, 3, [0]).Next([-1.5f, -2, -9]));
    }

    [Fact]
    public void PresenceAndFrequencyPenalty_CountGeneratedTokens()
    {
        Sampler presence = new(SamplingOptions.Greedy with { PresencePenalty = 1 }, 2, [0]);
        Assert.Equal([0, 0], [presence.Next([3, 1.5f]), presence.Next([3, 1.5f])]);
        Assert.Equal(0, presence.Next([3, 1.9f]));

        // 3 - 1, 3 - 2 < 1.5
        Sampler frequency = new(SamplingOptions.Greedy with { FrequencyPenalty = 1 }, 2, [0]);
        Assert.Equal([0, 0, 1], [frequency.Next([3, 1.5f]), frequency.Next([3, 1.5f]), frequency.Next([3, 1.5f])]);
    }

    [Fact]
    public void SameSeed_SameTokens()
    {
        float[] logits = [.. Enumerable.Range(0, 50).Select(i => i % 7f)];
        Assert.Equal(Draw(s_all, logits, 100), Draw(s_all, logits, 100));
        Assert.NotEqual(Draw(s_all, logits, 100), Draw(s_all with { Seed = 2 }, logits, 100));
    }

    [Fact]
    public void ExtremeLogits_AreNoTrouble()
    {
        AssertSupport(s_all, [3e38f, -3e38f], 0);
        AssertSupport(new SamplingOptions { Seed = 1, Temperature = 1e-30f }, [1, 2, 1.5f], 1);
        AssertSupport(s_all with { Temperature = 1e30f, TopK = 2 }, [1, 2, 3], 1, 2);
    }

    [Fact]
    public void Next_AllocatesNothing()
    {
        float[] logits = [.. Enumerable.Range(0, 5000).Select(i => (float)Math.Sin(i))];
        SamplingOptions[] variants =
            [SamplingOptions.Greedy, new() { RepetitionPenalty = 1.1f }, s_all, s_all with { TopK = 1000, TopP = 0.9f }];
        foreach (SamplingOptions options in variants)
        {
            Sampler sampler = new(options, logits.Length, []);
            sampler.Next(logits);
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 20; i++)
            {
                sampler.Next(logits);
            }

            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    [Fact]
    public void OptionsOutOfRange_AreRefused()
    {
        SamplingOptions[] invalid =
        [
            new() { Temperature = -1 }, new() { Temperature = float.NaN }, new() { TopK = -1 }, new() { TopP = 0 }, new() { TopP = 1.1f },
            new() { MinP = -0.1f }, new() { RepetitionPenalty = 0 }, new() { PresencePenalty = float.NaN },
            new() { FrequencyPenalty = float.PositiveInfinity }, new() { MaxTokens = -1 }, new() { StopStrings = [""] },
        ];
        Assert.All(invalid, options => Assert.ThrowsAny<ArgumentException>(() => new Sampler(options, 4, [])));
    }

    private static int[] Draw(SamplingOptions options, float[] logits, int count)
    {
        Sampler sampler = new(options, logits.Length, []);
        return [.. Enumerable.Range(0, count).Select(_ => sampler.Next(logits))];
    }

    private static int[] Count(SamplingOptions options, float[] logits)
    {
        int[] counts = new int[logits.Length];
        foreach (int token in Draw(options, logits, 10_000))
        {
            counts[token]++;
        }

        return counts;
    }

    private static void AssertSupport(SamplingOptions options, float[] logits, params int[] expected) =>
        Assert.Equal(expected, Draw(options, logits, 2000).Distinct().Order());
}
