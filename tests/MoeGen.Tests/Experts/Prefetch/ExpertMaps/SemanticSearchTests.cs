using MoeGen.Experts.Prefetch.ExpertMaps;

namespace MoeGen.Tests.Experts.Prefetch.ExpertMaps;

public class SemanticSearchTests
{
    [Fact]
    public void ByHand_TheSmallestAngleWins_WhateverTheLengths()
    {
        // cosines with (1, 1): (3, 0): .707, (.2, .1): .3 / sqrt(.05 x 2) = .949, (-5, 5): 0
        using StoreCase c = new(1, 2, 2, capacity: 8);
        c.Add([3, 0], [1, 0]);
        c.Add([0.2f, 0.1f], [1, 0]);
        c.Add([-5, 5], [1, 0]);
        SemanticSearch search = new(c.Store, c.Store.Capacity);
        MapMatch match = search.Find([1, 1]);
        Assert.Equal(1, match.Row);
        Assert.Equal(0.9487, match.Score, StoreCase.Tolerance);
        Assert.Equal(0.7071, search.CosineWith(0), StoreCase.Tolerance);
        Assert.Equal(0, search.CosineWith(2), StoreCase.Tolerance);
    }

    [Fact]
    public void Search_EqualsBruteForce()
    {
        using StoreCase c = new StoreCase(1, 2, 37, capacity: 64).Fill(50);
        SemanticSearch search = new(c.Store, c.Store.Capacity);
        for (int i = 0; i < 50; i++)
        {
            float[] query = c.NewEmbedding();
            MapMatch match = search.Find(query);
            double[] cosines = [.. c.Embeddings.Select(embedding => Distributions.Cosine(embedding, query))];
            Assert.Equal(cosines.Max(), match.Score, StoreCase.Tolerance);
            Assert.Equal(cosines[match.Row], match.Score, StoreCase.Tolerance);
        }
    }

    [Fact]
    public void StoredEmbedding_ScoresOne()
    {
        using StoreCase c = new StoreCase(1, 2, 64, capacity: 20).Fill(20);
        SemanticSearch search = new(c.Store, c.Store.Capacity);
        for (int row = 0; row < 20; row++)
        {
            MapMatch match = search.Find(c.Embeddings[row]);
            Assert.Equal(row, match.Row);
            Assert.Equal(1, match.Score, 1e-5);
        }
    }

    [Fact]
    public void NothingToFind_IsNoMatch()
    {
        using StoreCase c = new(1, 2, 4, capacity: 2);
        SemanticSearch search = new(c.Store, c.Store.Capacity);
        Assert.False(search.Find([1, 2, 3, 4]).IsFound);
        c.Fill(1);
        Assert.False(search.Find([0, 0, 0, 0]).IsFound);
        c.Add([0, 0, 0, 0], c.NewMap());
        Assert.True(search.Find([1, 2, 3, 4]).IsFound);
        Assert.Equal(0, search.CosineWith(1));
    }

    [Fact]
    public void ManyMaps_TheLikelyOnesAreSearched()
    {
        // groups of embeddings that are much alike, as the tokens of a vocabulary are
        using StoreCase c = new(1, 2, 256, capacity: 4000);
        float[][] centers = [.. Enumerable.Range(0, 100).Select(_ => c.NewEmbedding())];
        for (int i = 0; i < 4000; i++)
        {
            c.Add(Near(c, centers[i % 100]), c.NewMap());
        }

        SemanticSearch exact = new(c.Store, 4000), narrowed = new(c.Store, 1000);
        int same = 0;
        for (int i = 0; i < 100; i++)
        {
            float[] query = Near(c, centers[i]);
            MapMatch best = exact.Find(query), found = narrowed.Find(query);
            Assert.True(found.Score > best.Score - 0.02);
            same += found.Row == best.Row ? 1 : 0;

            // what is stored is found, however many there are
            Assert.Equal(i * 40, narrowed.Find(c.Embeddings[i * 40]).Row);
        }

        Assert.InRange(same, 90, 100);

        static float[] Near(StoreCase c, float[] center) => [.. center.Zip(c.NewEmbedding(), (x, noise) => x + (0.5f * noise))];
    }

    [Fact]
    public void ManyEqualMaps_TheFirstIsFound()
    {
        using StoreCase c = new StoreCase(1, 2, 32, capacity: 1000).Fill(3);
        for (int i = 0; i < 900; i++)
        {
            c.Add(c.Embeddings[1], c.NewMap());
        }

        Assert.Equal(1, new SemanticSearch(c.Store, 500).Find(c.Embeddings[1]).Row);
    }

    [Fact]
    public void Find_AllocatesNothing()
    {
        using StoreCase c = new StoreCase(1, 2, 64, capacity: 300).Fill(300);
        SemanticSearch exact = new(c.Store, 300), narrowed = new(c.Store, 8);
        float[] query = c.NewEmbedding();
        Assert.Equal(0, Allocations.Of(() => exact.Find(query)));
        Assert.Equal(0, Allocations.Of(() => narrowed.Find(query)));
    }
}
