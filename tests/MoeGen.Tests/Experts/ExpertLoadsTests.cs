using MoeGen.Engine;
using MoeGen.Experts;

namespace MoeGen.Tests.Experts;

public class ExpertLoadsTests
{
    private const int Dropped = -1;
    private const int NumLayers = 2;
    private const int NumExperts = 3;
    private const int Capacity = 64;

    [Fact]
    public void ByHand_TheThirdTokenOfAnExpertIsDropped()
    {
        // two tokens for each expert: 0 takes tokens 0 and 2, 1 takes 1; token 3 is the third for 0, token 5 the third for 2
        using ExpertLoads loads = new(NumLayers, NumExperts, Capacity);
        Assert.Equal([0, 1, 0, Dropped, 2, 2, Dropped], Limit(loads, 0, limit: 2, 0, [0, 1, 0, 0, 2, 2, 2]));
    }

    [Fact]
    public void Layers_AreCountedApart()
    {
        using ExpertLoads loads = new(NumLayers, NumExperts, Capacity);
        Assert.Equal([1, Dropped], Limit(loads, 0, limit: 1, 0, [1, 1]));
        Assert.Equal([1, Dropped], Limit(loads, 1, limit: 1, 0, [1, 1]));
    }

    [Fact]
    public void Weights_StayWhatTheyWere()
    {
        using ExpertLoads loads = new(NumLayers, NumExperts, Capacity);
        using Routing routing = new(NumExperts, 1, 2);
        routing.TopKWeights(0)[0] = 0.5f;
        routing.TopKWeights(1)[0] = 0.25f;
        using WorkerTeam team = new(2);
        team.Run(worker => loads.Limit(routing, 0, 1, new Segment { NumTokens = 2, FirstPosition = 0 }, worker));
        Assert.Equal([0, Dropped], [routing.TopKIds(0)[0], routing.TopKIds(1)[0]]);
        Assert.Equal([0.5f, 0.25f], [routing.TopKWeights(0)[0], routing.TopKWeights(1)[0]]);
    }

    [Fact]
    public void Chunks_DropTheSameTokens()
    {
        Random random = new(2);
        int[] chosen = [.. Enumerable.Range(0, 40).Select(_ => random.Next(NumExperts))];
        using ExpertLoads whole = new(NumLayers, NumExperts, Capacity);
        int[] expected = Limit(whole, 0, limit: 9, 0, chosen);
        Assert.Contains(Dropped, expected);
        foreach (int chunk in new[] { 1, 3, 7 })
        {
            using ExpertLoads loads = new(NumLayers, NumExperts, Capacity);
            Assert.Equal(expected, chosen.Chunk(chunk).SelectMany((part, i) => Limit(loads, 0, limit: 9, i * chunk, part)));
        }
    }

    [Fact]
    public void TextThatWasCutOrInterrupted_GivesItsPlacesBack()
    {
        using ExpertLoads loads = new(NumLayers, NumExperts, Capacity);
        Assert.Equal([0, 0, Dropped], Limit(loads, 0, limit: 2, 0, [0, 0, 0]));

        // token 1 again, with another expert: token 2 is now the second of expert 0
        Assert.Equal([1, 0, Dropped], Limit(loads, 0, limit: 2, 1, [1, 0, 0]));
        Assert.Equal([2, 2, Dropped, 0], Limit(loads, 0, limit: 2, 0, [2, 2, 2, 0]));
    }

    private static int[] Limit(ExpertLoads loads, int layer, int limit, int first, int[] chosen)
    {
        using Routing routing = new(NumExperts, 1, chosen.Length);
        for (int t = 0; t < chosen.Length; t++)
        {
            routing.TopKIds(t)[0] = chosen[t];
        }

        using WorkerTeam team = new(3);
        Segment segment = new() { NumTokens = chosen.Length, FirstPosition = first };
        team.Run(worker => loads.Limit(routing, layer, limit, segment, worker));
        return [.. Enumerable.Range(0, chosen.Length).Select(t => routing.TopKIds(t)[0])];
    }
}
