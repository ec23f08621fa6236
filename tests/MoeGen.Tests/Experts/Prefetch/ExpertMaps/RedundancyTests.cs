using MoeGen.Experts.Prefetch.ExpertMaps;

namespace MoeGen.Tests.Experts.Prefetch.ExpertMaps;

public class RedundancyTests
{
    [Theory]
    [InlineData(0.25f, 0)] // d / L = 1/4: .25 x .2 + .75 x .6 = .5; .25 x 1 + .75 x .3 = .475
    [InlineData(0.75f, 1)] // 3/4: .3 and .825
    public void ByHand_WeighsByTheLayersServed(float share, int expected)
    {
        using StoreCase c = new(1, 2, 2, capacity: 2);
        c.Add([0.2f, MathF.Sqrt(0.96f)], [1, 0]);
        c.Add([1, 0], [1, 0]);
        SemanticSearch semantic = new(c.Store, 2);
        semantic.LookFor([1, 0]);
        Assert.Equal(expected, Redundancy.Most(new Cosines([0, 1], [0.6f, 0.3f], [1, 1], 1), semantic, share));
    }

    [Fact]
    public void Most_EqualsBruteForce()
    {
        using StoreCase c = new StoreCase(4, 6, 8, capacity: 40).Fill(40);
        foreach (float share in new[] { 0, 0.25f, 0.5f, 1 })
        {
            for (int i = 0; i < 20; i++)
            {
                (float[] embedding, float[] map) = (c.NewEmbedding(), c.NewMap());
                (SemanticSearch semantic, TrajectorySearch trajectory) = Compare(c, embedding, map);
                double[] redundancies = [.. Enumerable.Range(0, 40).Select(row =>
                    (share * Distributions.Cosine(c.Embeddings[row], embedding)) + ((1 - share) * Distributions.Cosine(c.Maps[row], map)))];
                int most = Redundancy.Most(trajectory.CosinesUpTo(3), semantic, share);
                Assert.Equal(redundancies.Max(), redundancies[most], StoreCase.Tolerance);
            }
        }
    }

    [Fact]
    public void Duplicate_IsTheMostRedundant_AmongEqualsTheFirst()
    {
        using StoreCase c = new StoreCase(5, 7, 16, capacity: 32).Fill(30);
        c.Add(c.Embeddings[11], c.Maps[11]);
        foreach (int duplicate in new[] { 0, 11, 29 })
        {
            (SemanticSearch semantic, TrajectorySearch trajectory) = Compare(c, c.Embeddings[duplicate], c.Maps[duplicate]);
            Assert.Equal(duplicate, Redundancy.Most(trajectory.CosinesUpTo(4), semantic, 0.4f));
        }
    }

    private static (SemanticSearch Semantic, TrajectorySearch Trajectory) Compare(StoreCase c, float[] embedding, float[] map)
    {
        SemanticSearch semantic = new(c.Store, c.Store.Capacity);
        TrajectorySearch trajectory = new(c.Store, c.Store.Capacity);
        semantic.LookFor(embedding);
        for (int layer = 0; layer < c.NumLayers; layer++)
        {
            trajectory.Add(layer, c.Row(map, layer));
        }

        return (semantic, trajectory);
    }
}
