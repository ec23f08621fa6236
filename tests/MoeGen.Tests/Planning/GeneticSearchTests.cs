using MoeGen.Experts;
using MoeGen.Planning;

namespace MoeGen.Tests.Planning;

public class GeneticSearchTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Run_FindsWhatTryingAllPlansFinds(int seed)
    {
        const int Layers = 4, Experts = 6, Slots = 13;
        PlanSpace space = new(new ExpertGrid(Layers, Experts, 2), Slots);

        // what a layer is worth with each number of experts, in no order: there are hills and valleys
        Random random = new(seed);
        double[,] worth = new double[Layers, Experts + 1];
        for (int layer = 0; layer < Layers; layer++)
        {
            for (int count = 0; count <= Experts; count++)
            {
                worth[layer, count] = random.NextDouble();
            }
        }

        double Worth(int[] plan) => plan.Select((count, layer) => worth[layer, count]).Sum();
        double best = AllPlans(space).Max(Worth);
        int[] found = new GeneticSearch(space, Worth, seed).Run([2, 2, 2, 2]);
        Assert.Equal(best, Worth(found), 12);
        Assert.True(space.Contains(found));
    }

    [Fact]
    public void Run_StaysWithinRandomBudgets()
    {
        for (int seed = 0; seed < 12; seed++)
        {
            Random random = new(seed);
            int experts = random.Next(1, 33), layers = random.Next(1, 9);
            ExpertGrid grid = new(layers, experts, random.Next(1, Math.Min(experts, 8) + 1));
            PlanSpace space = new(grid, random.Next(layers, grid.Count + 1));
            double[] weights = [.. Enumerable.Range(0, layers).Select(_ => random.NextDouble() - 0.1)];
            bool areAllWithin = true;
            double Fitness(int[] plan)
            {
                // while a plan is repaired it may hold too many, but never have a layer beyond its bounds
                areAllWithin &= plan.All(count => count >= space.MinPerLayer && count <= space.MaxPerLayer);
                return plan.Select((count, layer) => weights[layer] * Math.Sqrt(count)).Sum();
            }

            int[] found = new GeneticSearch(space, Fitness, seed).Run([.. Enumerable.Repeat(experts, layers)]);
            Assert.True(space.Contains(found), $"seed {seed}: {string.Join(", ", found)} of at most {space.MaxTotal}");
            Assert.True(areAllWithin);
        }
    }

    [Fact]
    public void SameSeed_GivesTheSamePlan()
    {
        PlanSpace space = new(new ExpertGrid(6, 16, 2), 40);

        // all plans are alike: what is found depends on chance alone
        int[] Search(int seed) => new GeneticSearch(space, _ => 0, seed).Run([6, 6, 6, 6, 6, 6]);
        Assert.Equal(Search(5), Search(5));

        double Fitness(int[] plan) => plan.Select((count, layer) => Math.Sin(count * (layer + 1))).Sum();
        int[] SearchFor(int seed) => new GeneticSearch(space, Fitness, seed).Run([6, 6, 6, 6, 6, 6]);
        Assert.Equal(SearchFor(7), SearchFor(7));
    }

    [Fact]
    public void Repair_TakesWhatCostsLeast()
    {
        // by hand: 4 + 4 + 4 experts for 9 slots; the third layer is worth nothing, the first least of the others
        PlanSpace space = new(new ExpertGrid(3, 4, 2), 9);
        double[] weights = [1, 2, 0];
        GeneticSearch search = new(space, plan => plan.Select((count, layer) => count * weights[layer]).Sum(), seed: 0);
        int[] experts = [7, 4, 4];
        search.Repair(experts);
        Assert.Equal([3, 4, 2], experts);

        int[] few = [0, 1, 2];
        search.Repair(few);
        Assert.Equal([2, 2, 2], few);
        search.Fill(few);
        Assert.Equal([3, 4, 2], few);
    }

    private static IEnumerable<int[]> AllPlans(PlanSpace space)
    {
        int base1 = space.MaxPerLayer + 1;
        for (int code = 0; code < Math.Pow(base1, space.NumLayers); code++)
        {
            int rest = code;
            int[] plan = new int[space.NumLayers];
            for (int layer = 0; layer < plan.Length; layer++, rest /= base1)
            {
                plan[layer] = rest % base1;
            }

            if (space.Contains(plan))
            {
                yield return plan;
            }
        }
    }
}
