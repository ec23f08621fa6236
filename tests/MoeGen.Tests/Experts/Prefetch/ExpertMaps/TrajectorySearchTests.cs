using MoeGen.Experts.Prefetch.ExpertMaps;

namespace MoeGen.Tests.Experts.Prefetch.ExpertMaps;

public class TrajectorySearchTests
{
    [Fact]
    public void ByHand_ThePrefixDecides_NotTheLayersBehindIt()
    {
        // after layer 0, (1, 0): cosines 1 and .6 / sqrt(.36 + .16) = .832
        // after layer 1, (1, 0 | 0, 1): 1 / sqrt 2 / sqrt 2 = .5 and (.6 + 1) / sqrt(.52 + 1) / sqrt 2 = .918
        using StoreCase c = new(3, 2, 2, capacity: 4);
        c.Add([1, 0], [1, 0, 1, 0, 0.5f, 0.5f]);
        c.Add([1, 0], [0.6f, 0.4f, 0, 1, 1, 0]);
        TrajectorySearch search = new(c.Store);
        search.Add(0, [1, 0]);
        MapMatch match = search.Find();
        Assert.Equal((0, 1.0), (match.Row, Math.Round(match.Score, 4)));
        search.Add(1, [0, 1]);
        match = search.Find();
        Assert.Equal(1, match.Row);
        Assert.Equal(0.9177, match.Score, StoreCase.Tolerance);
    }

    [Fact]
    public void RunningSums_EqualBruteForce()
    {
        using StoreCase c = new StoreCase(9, 13, 4, capacity: 50).Fill(40);
        TrajectorySearch search = new(c.Store);
        for (int pass = 0; pass < 20; pass++)
        {
            float[] map = c.NewMap();
            search.Reset();
            for (int layer = 0; layer < c.NumLayers; layer++)
            {
                search.Add(layer, c.Row(map, layer));
                AssertBruteForce(c, search, map, layer);
            }
        }
    }

    [Fact]
    public void StoreThatChangesInAPass_IsSearchedAnew()
    {
        using StoreCase c = new StoreCase(6, 5, 4, capacity: 30).Fill(10);
        TrajectorySearch search = new(c.Store);
        float[] map = c.NewMap();
        for (int layer = 0; layer < c.NumLayers; layer++)
        {
            search.Add(layer, c.Row(map, layer));
            c.Fill(2);
            AssertBruteForce(c, search, map, layer);
            float[] replacement = c.NewMap();
            c.Store.Put(3, c.NewEmbedding(), replacement);
            c.Maps[3] = replacement;
        }
    }

    [Fact]
    public void StoredMap_ScoresOne_AfterEveryLayer()
    {
        using StoreCase c = new StoreCase(5, 60, 4, capacity: 10).Fill(10);
        TrajectorySearch search = new(c.Store);
        for (int row = 0; row < 10; row++)
        {
            search.Reset();
            for (int layer = 0; layer < c.NumLayers; layer++)
            {
                search.Add(layer, c.Row(c.Maps[row], layer));
                MapMatch match = search.Find();
                Assert.Equal(row, match.Row);
                Assert.Equal(1, match.Score, 1e-5);
            }
        }
    }

    [Fact]
    public void LayersThatWereNotWalked_CountAsZeros()
    {
        // both stacks of a model: map 0 walked layers 0 and 1, map 1 layers 2 and 3
        using StoreCase c = new(4, 2, 2, capacity: 2);
        c.Add([1, 0], [1, 0, 1, 0, 0, 0, 0, 0]);
        c.Add([1, 0], [0, 0, 0, 0, 0.5f, 0.5f, 1, 0]);
        TrajectorySearch search = new(c.Store);
        search.Add(2, [0.5f, 0.5f]);
        Assert.Equal(1, search.Find().Row);
        Assert.Equal(1, search.Find().Score, 1e-5);
        Cosines whole = search.CosinesUpTo(3);
        Assert.Equal(0, whole[0]);

        // .5 / (sqrt .5 x sqrt 1.5)
        Assert.Equal(0.5 / Math.Sqrt(0.75), whole[1], 1e-5);
    }

    [Fact]
    public void NothingToFind_IsNoMatch()
    {
        using StoreCase c = new(2, 2, 2, capacity: 2);
        TrajectorySearch search = new(c.Store);
        search.Add(0, [1, 0]);
        Assert.False(search.Find().IsFound);
        c.Fill(1);
        Assert.True(search.Find().IsFound);
        search.Reset();
        Assert.False(search.Find().IsFound);
    }

    [Fact]
    public void Steps_AllocateNothing()
    {
        using StoreCase c = new StoreCase(4, 60, 4, capacity: 8).Fill(8);
        TrajectorySearch search = new(c.Store);
        float[] map = c.NewMap();
        Assert.Equal(0, Allocations.Of(() =>
        {
            search.Reset();
            for (int layer = 0; layer < 4; layer++)
            {
                search.Add(layer, c.Row(map, layer));
                search.Find();
            }
        }));
    }

    private static void AssertBruteForce(StoreCase c, TrajectorySearch search, float[] map, int layer)
    {
        MapMatch match = search.Find();
        double[] cosines = [.. c.Maps.Select(stored => Distributions.Cosine(c.Prefix(stored, layer), c.Prefix(map, layer)))];
        Assert.Equal(cosines.Max(), match.Score, StoreCase.Tolerance);
        Assert.Equal(cosines[match.Row], match.Score, StoreCase.Tolerance);
    }
}
