using MoeGen.Engine;
using MoeGen.Experts;

namespace MoeGen.Tests.Experts;

public unsafe class RoutingTests
{
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
            Assert.Equal(used, routing.CountUsedExperts());
        }
    }
}
