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
        TrajectorySearch search = new(c.Store, c.Store.Capacity);
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
        TrajectorySearch search = new(c.Store, c.Store.Capacity);
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
        TrajectorySearch search = new(c.Store, c.Store.Capacity);
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
        TrajectorySearch search = new(c.Store, c.Store.Capacity);
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
        TrajectorySearch search = new(c.Store, c.Store.Capacity);
        search.Add(2, [0.5f, 0.5f]);
        Assert.Equal(1, search.Find().Row);
        Assert.Equal(1, search.Find().Score, 1e-5);
        Cosines whole = search.CosinesUpTo(3);
        Assert.Equal(0, whole[0]);

        // .5 / (sqrt .5 x sqrt 1.5)
        Assert.Equal(0.5 / Math.Sqrt(0.75), whole[1], 1e-5);
    }

    [Fact]
    public void ManyMaps_TheBestQuarterStaysInTheRace()
    {
        // passes of 50 kinds, whose layers are much alike
        using StoreCase c = new(8, 12, 4, capacity: 6000);
        float[][] centers = [.. Enumerable.Range(0, 50).Select(_ => c.NewMap())];
        for (int i = 0; i < 6000; i++)
        {
            c.Add(c.NewEmbedding(), Near(c, centers[i % 50]));
        }

        TrajectorySearch exact = new(c.Store, 6000), narrowed = new(c.Store, 1000);
        int same = 0;
        for (int i = 0; i < 50; i++)
        {
            float[] map = Near(c, centers[i]);
            (MapMatch best, MapMatch found) = (Search(c, exact, map), Search(c, narrowed, map));
            Assert.True(found.Score > best.Score - 0.02);
            same += found.Row == best.Row ? 1 : 0;
            Assert.Equal(Distributions.Cosine(c.Maps[found.Row], map), found.Score, StoreCase.Tolerance);

            // what is stored is found, however many there are
            Assert.Equal(i * 100, Search(c, narrowed, c.Maps[i * 100]).Row);
        }

        Assert.Equal(TrajectorySearch.LikelyMaps, narrowed.CosinesUpTo(7).Count);
        Assert.InRange(same, 40, 50);

        static float[] Near(StoreCase c, float[] center) => [.. center.Zip(c.NewMap(), (x, noise) => (0.6f * x) + (0.4f * noise))];
    }

    [Fact]
    public void ManyMaps_LayersThatWereNotWalkedDoNotNarrow()
    {
        using StoreCase c = new StoreCase(3, 8, 2, capacity: 5000).Fill(5000);
        TrajectorySearch search = new(c.Store, 1000);
        search.Add(0, new float[8]);
        Assert.Equal(5000, search.CosinesUpTo(0).Count);
        search.Add(1, c.Row(c.Maps[77], 1));
        Assert.Equal(1250, search.CosinesUpTo(1).Count);
        search.Reset();
        Assert.Equal(5000, search.CosinesUpTo(0).Count);
    }

    [Fact]
    public void NothingToFind_IsNoMatch()
    {
        using StoreCase c = new(2, 2, 2, capacity: 2);
        TrajectorySearch search = new(c.Store, c.Store.Capacity);
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
        using StoreCase c = new StoreCase(4, 6, 4, capacity: 3000).Fill(3000);
        TrajectorySearch search = new(c.Store, 2000);
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

    private static MapMatch Search(StoreCase c, TrajectorySearch search, float[] map)
    {
        search.Reset();
        for (int layer = 0; layer < c.NumLayers; layer++)
        {
            search.Add(layer, c.Row(map, layer));
        }

        return search.Find();
    }

    private static void AssertBruteForce(StoreCase c, TrajectorySearch search, float[] map, int layer)
    {
        MapMatch match = search.Find();
        double[] cosines = [.. c.Maps.Select(stored => Distributions.Cosine(c.Prefix(stored, layer), c.Prefix(map, layer)))];
        Assert.Equal(cosines.Max(), match.Score, StoreCase.Tolerance);
        Assert.Equal(cosines[match.Row], match.Score, StoreCase.Tolerance);
    }
}
