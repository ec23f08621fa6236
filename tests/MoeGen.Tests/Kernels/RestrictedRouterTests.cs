using MoeGen.Engine;
using MoeGen.Experts;
using MoeGen.Experts.Cache;
using MoeGen.Experts.Eviction;
using MoeGen.Kernels;
using MoeGen.Tests.Experts.Cache;
using MoeGen.Tests.Experts.Selection;

namespace MoeGen.Tests.Kernels;

/// <summary>Every way of choosing experts when a selection lets fewer run.</summary>
public unsafe class RestrictedRouterTests
{
    private const int NumExperts = 12;
    private const int TopKExperts = 4;

    private readonly Random _random = new(11);

    private delegate void Route(Routing routing, int numTokens, Worker worker);

    [Fact]
    public void NothingRestricted_IsWhatTheRouterChooses() => ForEachRule((route, logits) =>
    {
        (int[] exactIds, float[] exactWeights) = Choose(logits, route, null);
        (int[] ids, float[] weights) = Choose(logits, route, new FixedSelection(TopKExperts), out int[] routerIds, out float[] routerWeights);
        Assert.Equal(exactIds, ids);
        Assert.Equal(exactWeights, weights);
        Assert.Equal(exactIds, routerIds);
        Assert.Equal(exactWeights, routerWeights);
    });

    [Fact]
    public void FewerExperts_AreTheBest_WeighedAsIfTheRouterChoseSoMany() => ForEachRule((route, logits) =>
    {
        (int[] exactIds, float[] exactWeights) = Choose(logits, route, null);
        (int[] bestIds, float[] bestWeights) = Choose(logits, route, null, topK: 2);
        (int[] ids, float[] weights) = Choose(logits, route, new FixedSelection(2), out int[] routerIds, out float[] routerWeights);
        Assert.Equal([.. bestIds, Routing.Dropped, Routing.Dropped], ids);
        Assert.Equal([.. bestWeights, 0, 0], weights);
        Assert.Equal(exactIds[..2], bestIds);
        Assert.Equal(exactIds, routerIds);
        Assert.Equal(exactWeights, routerWeights);
    });

    [Fact]
    public void ExpertsThatDoNotCompete_AreNotChosen() => ForEachRule((route, logits) =>
    {
        // three compete: they are chosen, whatever their logits and groups
        int[] competing = [.. Enumerable.Range(0, NumExperts).OrderBy(_ => _random.Next()).Take(3).Order()];
        FixedSelection selection = new FixedSelection(TopKExperts) { NumExperts = NumExperts }.Let(0, competing);
        (int[] ids, float[] weights) = Choose(logits, route, selection, out int[] routerIds, out _);
        Assert.Equal(competing, ids[..3].Order());
        Assert.Equal((Routing.Dropped, 0f), (ids[3], weights[3]));
        Assert.All(weights, weight => Assert.True(weight >= 0 && float.IsFinite(weight)));
        Assert.Equal(Choose(logits, route, null).Ids, routerIds);
    });

    [Fact]
    public void SoftmaxAmongThoseThatCompete_ByHand()
    {
        // exponentials 4 3 2 1: without the best one, 3 / 6 and 2 / 6; normalised, 3 / 5 and 2 / 5
        float[] logits = [MathF.Log(4), MathF.Log(3), MathF.Log(2), 0];
        foreach (bool normalizes in new[] { false, true })
        {
            FixedSelection selection = new FixedSelection(2) { NumExperts = 4 }.Let(0, 1, 2, 3);
            Route route = (r, n, w) => TopK.SoftmaxThenTopK(r, normalizes, 0, n, w);
            (int[] ids, float[] weights) = Choose(logits, route, selection, out int[] routerIds, out _, topK: 2);
            Assert.Equal([1, 2], ids);
            Close.Assert(normalizes ? [0.6, 0.4] : [0.5, 1.0 / 3], weights, "weights");
            Assert.Equal([0, 1], routerIds);
        }
    }

    private void ForEachRule(Action<Route, float[]> check)
    {
        using NativeFloats bias = new([.. Enumerable.Range(0, NumExperts).Select(_ => _random.NextSingle() - 0.5f)]);
        WeightVector correction = new(bias.Pointer, NumExperts);
        Route[] routes =
        [
            (r, n, w) => TopK.SoftmaxThenTopK(r, normalize: false, 0, n, w),
            (r, n, w) => TopK.SoftmaxThenTopK(r, normalize: true, 0, n, w, scale: 2.5f),
            (r, n, w) => TopK.SoftmaxThenGroupTopK(r, 3, 2, normalize: true, 1, 0, n, w),
            (r, n, w) => TopK.SigmoidThenTopK(r, correction, 3, 2, normalize: true, 2.5f, 0, n, w),
            (r, n, w) => TopK.SigmoidThenTopK(r, default, 1, 1, normalize: false, 1, 0, n, w),
            (r, n, w) => TopK.TopKThenSigmoid(r, 0, n, w),
            (r, n, w) => TopK.SparseMixer(r, 0.1f, 0, n, w),
        ];
        foreach (Route route in routes)
        {
            for (int i = 0; i < 20; i++)
            {
                check(route, [.. Enumerable.Range(0, NumExperts).Select(_ => (_random.NextSingle() * 8) - 4)]);
            }
        }
    }

    private static (int[] Ids, float[] Weights) Choose(float[] logits, Route route, FixedSelection? selection, int topK = TopKExperts) =>
        Choose(logits, route, selection, out _, out _, topK);

    private static (int[] Ids, float[] Weights) Choose(
        float[] logits, Route route, FixedSelection? selection, out int[] routerIds, out float[] routerWeights, int topK = TopKExperts)
    {
        Offloading offloading = new() { Name = "test", CreateEviction = _ => new LruEviction(), CreateSelection = _ => selection };
        FakeExperts source = new();
        int numExperts = logits.Length;
        using ExpertCache cache = new(
            FakeExperts.Info(1, numExperts, topK), source, () => source, numExperts, new MoeOptions { Offloading = offloading });
        using Routing routing = new(numExperts, topK, 2);
        routing.Use(cache);
        logits.CopyTo(routing.Logits[1]);
        using WorkerTeam team = new(2);
        team.Run(worker => route(routing, 2, worker));
        routerIds = routing.RouterIds(1).ToArray();
        routerWeights = routing.RouterWeights(1).ToArray();
        return (routing.TopKIds(1).ToArray(), routing.TopKWeights(1).ToArray());
    }
}
