using MoeGen.Engine;
using MoeGen.Experts;

namespace MoeGen.Tests.Experts;

public unsafe class RoutingTests
{
    [Fact]
    public void DroppedChoices_AreInNoGroup()
    {
        // token 0 chose experts 2 and 0, token 1 expert 2 after a dropped choice, token 2 nothing
        using Routing routing = new(3, 2, 3);
        new[] { 2, 0 }.CopyTo(routing.TopKIds(0));
        new[] { -1, 2 }.CopyTo(routing.TopKIds(1));
        new[] { -1, -1 }.CopyTo(routing.TopKIds(2));
        new[] { 0.5f, 0.25f }.CopyTo(routing.TopKWeights(0));
        new[] { 7f, 0.75f }.CopyTo(routing.TopKWeights(1));
        using WorkerTeam team = new(1);
        team.Run(worker => routing.GroupByExpert(3, worker));
        Assert.Equal([new Share(0, 1), new Share(1, 1), new Share(1, 3)], Enumerable.Range(0, 3).Select(routing.EntriesOf));
        Assert.Equal([0, 0, 1], new ReadOnlySpan<int>(routing.EntryTokens, 3).ToArray());
        Assert.Equal([1, 0], routing.EntriesOfToken(0).ToArray());
        Assert.Equal([-1, 2], routing.EntriesOfToken(1).ToArray());
        Assert.Equal([-1, -1], routing.EntriesOfToken(2).ToArray());
        Assert.Equal([0.25f, 0.5f, 0.75f], [routing.WeightOf(0, 0), routing.WeightOf(2, 1), routing.WeightOf(2, 2)]);
        Assert.Equal([true, false, true], Enumerable.Range(0, 3).Select(routing.IsChosen));
    }

    [Fact]
    public void GroupByExpert_IsAPermutationOfTheChoices()
    {
        Random random = new(6);
        for (int i = 0; i < 200; i++)
        {
            int experts = random.Next(1, 40), k = random.Next(1, Math.Min(experts, 8) + 1), tokens = random.Next(1, 30);
            using Routing routing = new(experts, k, tokens);
            for (int t = 0; t < tokens; t++)
            {
                Enumerable.Range(0, experts).OrderBy(_ => random.Next()).Take(k).ToArray().CopyTo(routing.TopKIds(t));
            }

            using WorkerTeam team = new(1);
            team.Run(worker => routing.GroupByExpert(tokens, worker));
            HashSet<int> seen = [];
            for (int t = 0; t < tokens; t++)
            {
                for (int choice = 0; choice < k; choice++)
                {
                    int entry = routing.EntriesOfToken(t)[choice];
                    Share group = routing.EntriesOf(routing.TopKIds(t)[choice]);
                    Assert.InRange(entry, group.Start, group.End - 1);
                    Assert.Equal(t, routing.EntryTokens[entry]);
                    Assert.True(seen.Add(entry));
                }
            }

            Assert.Equal(tokens * k, seen.Count);
            int used = Enumerable.Range(0, tokens).SelectMany(t => routing.TopKIds(t).ToArray()).Distinct().Count();
            Assert.Equal(used, Enumerable.Range(0, experts).Count(routing.IsChosen));
        }
    }
}
