using MoeGen.Experts;
using MoeGen.Experts.Prefetch;

namespace MoeGen.Tests.Experts.Prefetch;

public class ActivationCollectionTests
{
    private static readonly ExpertGrid s_grid = new(1, 4, 1);

    [Fact]
    public void Full_ReplacesTheLeastAccessed_AmongEqualsTheOldest()
    {
        using ActivationCollection collection = new(s_grid, 3);
        Add(collection, 0);
        Add(collection, 1);
        Add(collection, 2);
        collection.OnAccessed(0);
        Add(collection, 3); // traces 1 and 2 were never accessed, 1 is older
        Assert.Equal([0, 3, 2], Experts(collection));
        collection.OnAccessed(2);
        collection.OnAccessed(2);
        Add(collection, 1); // trace 1 is new and has no access yet
        Assert.Equal([0, 1, 2], Experts(collection));
        collection.OnAccessed(1);
        Add(collection, 3); // 0 and 1 have one access each, 0 is older
        Assert.Equal([3, 1, 2], Experts(collection));
    }

    private static void Add(ActivationCollection collection, int expert)
    {
        float[] rows = new float[collection.Stride];
        rows[expert] = 1;
        collection.Add(rows);
    }

    private static int[] Experts(ActivationCollection collection)
    {
        float[] row = new float[s_grid.NumExperts];
        return [.. Enumerable.Range(0, collection.Count).Select(trace =>
        {
            collection.Read(trace, 0, row);
            return Array.IndexOf(row, 1);
        })];
    }
}
