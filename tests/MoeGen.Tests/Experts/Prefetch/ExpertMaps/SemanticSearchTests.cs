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
        SemanticSearch search = new(c.Store);
        MapMatch match = search.Find([1, 1]);
        Assert.Equal(1, match.Row);
        Assert.Equal(0.9487, match.Score, StoreCase.Tolerance);
        Assert.Equal(0.7071, search.Cosines[0], StoreCase.Tolerance);
        Assert.Equal(0, search.Cosines[2], StoreCase.Tolerance);
    }

    [Fact]
    public void Search_EqualsBruteForce()
    {
        using StoreCase c = new StoreCase(1, 2, 37, capacity: 64).Fill(50);
        SemanticSearch search = new(c.Store);
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
        SemanticSearch search = new(c.Store);
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
        SemanticSearch search = new(c.Store);
        Assert.False(search.Find([1, 2, 3, 4]).IsFound);
        c.Fill(1);
        Assert.False(search.Find([0, 0, 0, 0]).IsFound);
        c.Add([0, 0, 0, 0], c.NewMap());
        Assert.True(search.Find([1, 2, 3, 4]).IsFound);
        Assert.Equal(0, search.Cosines[1]);
    }

    [Fact]
    public void Current_UntilTheStoreChanges()
    {
        using StoreCase c = new StoreCase(1, 2, 4, capacity: 2).Fill(1);
        SemanticSearch search = new(c.Store);
        Assert.False(search.IsCurrent);
        search.Find(c.NewEmbedding());
        Assert.True(search.IsCurrent);
        c.Fill(1);
        Assert.False(search.IsCurrent);
    }

    [Fact]
    public void Find_AllocatesNothing()
    {
        using StoreCase c = new StoreCase(1, 2, 64, capacity: 8).Fill(8);
        SemanticSearch search = new(c.Store);
        float[] query = c.NewEmbedding();
        Assert.Equal(0, Allocations.Of(() => search.Find(query)));
    }
}
