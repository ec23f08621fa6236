using MoeGen.Experts.Prefetch.ExpertMaps;

namespace MoeGen.Tests.Experts.Prefetch.ExpertMaps;

public class CosinesTests
{
    [Fact]
    public void Best_IsTheFirstOfTheLargest()
    {
        // 2 x .5, 8 x .25, 4 x .5, each x .5
        Cosines cosines = new([2, 8, 4], [0.5f, 0.25f, 0.5f], 0.5f);
        Assert.Equal(new MapMatch(1, 1), cosines.Best());
        Assert.Equal(0.5f, cosines[0]);
    }

    [Fact]
    public void NegativeCosines_AreMatches() => Assert.Equal(new MapMatch(1, -0.5f), new Cosines([-1, -0.5f], [1, 1], 1).Best());

    [Fact]
    public void NoMaps_OrNoQuery_IsNoMatch()
    {
        Assert.Equal(MapMatch.None, new Cosines([], [], 1).Best());
        Assert.Equal(MapMatch.None, new Cosines([1], [1], 0).Best());
    }

    [Fact]
    public void MostRedundant_WeighsByTheLayersServed()
    {
        // d / L = 1/4: .25 x .2 + .75 x .6 = .5; .25 x 1 + .75 x .3 = .475. With 3/4: .3 and .825
        Assert.Equal(0, Redundant(0.25f));
        Assert.Equal(1, Redundant(0.75f));

        static int Redundant(float share) => Cosines.MostRedundant(new([0.2f, 1], [1, 1], 1), new([0.6f, 0.3f], [1, 1], 1), share);
    }

    [Fact]
    public void Duplicate_IsTheMostRedundant()
    {
        using StoreCase c = new StoreCase(5, 7, 16, capacity: 30).Fill(30);
        SemanticSearch semantic = new(c.Store);
        TrajectorySearch trajectory = new(c.Store);
        foreach (int duplicate in new[] { 0, 11, 29 })
        {
            semantic.Find(c.Embeddings[duplicate]);
            trajectory.Reset();
            for (int layer = 0; layer < c.NumLayers; layer++)
            {
                trajectory.Add(layer, c.Row(c.Maps[duplicate], layer));
            }

            Assert.Equal(duplicate, Cosines.MostRedundant(semantic.Cosines, trajectory.CosinesUpTo(4), 0.4f));
        }
    }
}
