using MoeGen.Engine;
using MoeGen.Experts;
using MoeGen.Kernels;

namespace MoeGen.Tests.Kernels;

/// <summary>Every way of choosing experts by hand, and on random logits against sorting in double precision.</summary>
public unsafe class RouterTests
{
    private readonly Random _random = new(10);

    private delegate void Route(Routing routing, int numTokens, Worker worker);

    [Fact]
    public void Scale_MultipliesTheWeights()
    {
        // probabilities 3/4 and 1/4, times 2
        (int[] ids, float[] weights) = Choose([0, MathF.Log(3)], 2, (r, n, w) => TopK.SoftmaxThenTopK(r, normalize: false, 0, n, w, scale: 2));
        Assert.Equal([1, 0], ids);
        Close.Assert([1.5, 0.5], weights, "weights");
    }

    [Fact]
    public void SoftmaxThenGroupTopK_ByHand()
    {
        // exponentials 5 1 | 4 3 | 4 4, their sum 21: groups 0 and 1 win (5 and the first 4); expert 4 does not compete
        float[] logits = [MathF.Log(5), 0, MathF.Log(4), MathF.Log(3), MathF.Log(4), MathF.Log(4)];
        (int[] ids, float[] weights) = Choose(logits, 3, (r, n, w) => TopK.SoftmaxThenGroupTopK(r, 3, 2, normalize: false, 2, 0, n, w));
        Assert.Equal([0, 2, 3], ids);
        Close.Assert([10.0 / 21, 8.0 / 21, 6.0 / 21], weights, "weights");
    }

    [Fact]
    public void SigmoidThenTopK_ByHand()
    {
        // sigmoids 1/2 1/2 | 3/4 1/4 | 2/3 2/3, corrected 0.7 0.5 | 0.75 -0.75 | 0.667 0.667: groups are worth 1.2, 0 and 1.333,
        // so that expert 2, the best of all, does not compete
        float[] logits = [0, 0, MathF.Log(3), -MathF.Log(3), MathF.Log(2), MathF.Log(2)];
        using NativeFloats bias = new([0.2f, 0, 0, -1, 0, 0]);
        WeightVector correction = new(bias.Pointer, 6);
        (int[] ids, float[] weights) = Choose(
            logits, 2, (r, n, w) => TopK.SigmoidThenTopK(r, correction, 3, 2, normalize: true, 2.5f, 0, n, w));
        Assert.Equal([0, 4], ids);

        // without the correction 1/2 and 2/3, divided by 7/6, times 2.5
        Close.Assert([2.5 * 3 / 7, 2.5 * 4 / 7], weights, "weights");
    }

    [Fact]
    public void TopKThenSigmoid_ByHand()
    {
        (int[] ids, float[] weights) = Choose([-1, MathF.Log(3), 0, 0], 2, (r, n, w) => TopK.TopKThenSigmoid(r, 0, n, w));
        Assert.Equal([1, 2], ids);
        Close.Assert([0.75, 0.5], weights, "weights");
    }

    [Fact]
    public void SparseMixer_ByHand()
    {
        // epsilon 0.1: near are logits with (m - s) / max(|s|, m) <= 0.2. Round 1, m = 2: 1.8 is near (0.1), 1.5 is not (0.25).
        // Round 2, m = 1.8: 1.5 is near (0.167), 1 is not (0.444), and 2 is taken.
        (int[] ids, float[] weights) = Choose([1, 1.8f, 2, 1.5f], 2, (r, n, w) => TopK.SparseMixer(r, 0.1f, 0, n, w));
        Assert.Equal([2, 1], ids);
        Close.Assert([1 / (1 + Math.Exp(-0.2)), 1 / (1 + Math.Exp(-0.3))], weights, "weights");
    }

    [Fact]
    public void SparseMixerOfZeros_TakesThemAsEqual()
    {
        (int[] ids, float[] weights) = Choose([0, 0, 0], 2, (r, n, w) => TopK.SparseMixer(r, 0.01f, 0, n, w));
        Assert.Equal([0, 1], ids);
        Close.Assert([1.0 / 3, 1.0 / 2], weights, "weights");
    }

    [Fact]
    public void RandomLogits_AreChosenAsSortingWould()
    {
        for (int i = 0; i < 200; i++)
        {
            int groups = _random.Next(1, 6), size = _random.Next(2, 9), experts = groups * size;
            int topKGroups = _random.Next(1, groups + 1), k = _random.Next(1, (topKGroups * size) + 1);
            float[] logits = TestRandom.Floats(_random, experts), bias = TestRandom.Floats(_random, experts);
            using NativeFloats memory = new(bias);
            WeightVector correction = new(memory.Pointer, experts);
            double sum = logits.Sum(logit => Math.Exp(logit));

            Check(
                logits, k, e => logits[e], g => logits[(g * size)..((g + 1) * size)].Max(), groups, topKGroups,
                e => Math.Exp(logits[e]) / sum, (r, n, w) => TopK.SoftmaxThenGroupTopK(r, groups, topKGroups, false, 1, 0, n, w));

            double Corrected(int e) => (1 / (1 + Math.Exp(-logits[e]))) + bias[e];
            Check(
                logits, k, Corrected, g => Enumerable.Range(g * size, size).Select(Corrected).OrderDescending().Take(2).Sum(), groups,
                topKGroups, e => 3 / (1 + Math.Exp(-logits[e])),
                (r, n, w) => TopK.SigmoidThenTopK(r, correction, groups, topKGroups, false, 3, 0, n, w));

            Check(logits, k, e => logits[e], _ => 0, 1, 1, e => 1 / (1 + Math.Exp(-logits[e])), (r, n, w) => TopK.TopKThenSigmoid(r, 0, n, w));
        }
    }

    [Fact]
    public void GroupsThatLeaveTooFewExperts_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(
            () => Choose([1, 2, 3, 4], 3, (r, n, w) => TopK.SoftmaxThenGroupTopK(r, 2, 1, false, 1, 0, n, w)));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => Choose([1, 2, 3, 4], 1, (r, n, w) => TopK.SigmoidThenTopK(r, default, 3, 1, false, 1, 0, n, w)));
    }

    [Fact]
    public void NonFiniteLogits_AreNotRouted()
    {
        Route[] routers =
        [
            (r, n, w) => TopK.SoftmaxThenGroupTopK(r, 2, 1, true, 1, 7, n, w),
            (r, n, w) => TopK.SigmoidThenTopK(r, default, 1, 1, true, 1, 7, n, w),
            (r, n, w) => TopK.TopKThenSigmoid(r, 7, n, w),
            (r, n, w) => TopK.SparseMixer(r, 0.01f, 7, n, w),
        ];
        foreach (Route route in routers)
        {
            string message = Assert.Throws<NonFiniteValueException>(() => Choose([1, 2, 3, float.NaN], 2, route)).Message;
            Assert.Contains("layer 7", message);
            Assert.Contains("expert 3", message);
        }
    }

    private static void Check(
        float[] logits, int k, Func<int, double> score, Func<int, double> groupScore, int numGroups, int topKGroups,
        Func<int, double> weight, Route route)
    {
        int size = logits.Length / numGroups;
        int[] best = [.. Enumerable.Range(0, numGroups).OrderByDescending(groupScore).Take(topKGroups)];
        int[] expected =
            [.. Enumerable.Range(0, logits.Length).Where(e => best.Contains(e / size)).OrderByDescending(score).ThenBy(e => e).Take(k)];
        (int[] ids, float[] weights) = Choose(logits, k, route);
        Assert.Equal(expected, ids);
        Close.Assert([.. expected.Select(weight)], weights, "weights");
    }

    // the second of two tokens, by two workers
    private static (int[] Ids, float[] Weights) Choose(float[] logits, int k, Route route)
    {
        using Routing routing = new(logits.Length, k, 2);
        logits.CopyTo(routing.Logits[1]);
        using WorkerTeam team = new(2);
        team.Run(worker => route(routing, 2, worker));
        return (routing.TopKIds(1).ToArray(), routing.TopKWeights(1).ToArray());
    }
}
