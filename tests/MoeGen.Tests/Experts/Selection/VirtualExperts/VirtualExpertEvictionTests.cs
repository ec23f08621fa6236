using MoeGen.Experts;
using MoeGen.Experts.Selection.VirtualExperts;
using MoeGen.Tests.Experts.Eviction;

namespace MoeGen.Tests.Experts.Selection.VirtualExperts;

public class VirtualExpertEvictionTests
{
    [Fact]
    public void LayerAboveItsShare_GivesUpItsLeastImportant()
    {
        // layer 0 has 3 of 2, worth 3, 1, 2; layer 1 has 1 of 2
        EvictionCase cache = new(2, 4);
        foreach ((int layer, int expert) in new[] { (0, 0), (0, 1), (0, 2), (1, 3) })
        {
            cache.Admit(layer, expert);
        }

        VirtualExpertEviction eviction = Create(cache.Grid, new FakeResidency(), (0, 3f), (1, 1f), (2, 2f));
        Assert.Equal([(0, 1), (0, 2), (0, 0), (1, 3)], cache.Order(eviction));
        Assert.Equal([double.PositiveInfinity, 1], [Value(eviction, cache, 7, [3, 1]), Value(eviction, cache, 1, [3, 1])]);
    }

    [Fact]
    public void LayerAtItsShare_KeepsAll()
    {
        EvictionCase cache = new(2, 4);
        VirtualExpertEviction eviction = Create(cache.Grid, new FakeResidency(), (0, 3f), (1, 1f));
        Assert.Equal(double.PositiveInfinity, Value(eviction, cache, 1, [2, 9]));
    }

    [Fact]
    public void LastExpertOfALayer_StaysUntilAnotherHasArrived()
    {
        // three are counted, but two of them are still on their way
        EvictionCase cache = new(2, 4);
        Assert.Equal(double.PositiveInfinity, Value(Create(cache.Grid, new FakeResidency(0, 2, 3), (1, 1f)), cache, 1, [3, 2]));
        Assert.Equal(1, Value(Create(cache.Grid, new FakeResidency(0, 2), (1, 1f)), cache, 1, [3, 2]));
    }

    // layers that are to have two experts each; layer 0 has routed one token to each expert
    private static VirtualExpertEviction Create(ExpertGrid grid, FakeResidency residency, params (int Id, float Weight)[] choices)
    {
        ExpertImportance importance = new(grid, ImportanceScore.Contribution, decay: 0.5);
        importance.SetNorms([1, 1, 1, 1, 1, 1, 1, 1]);
        using RoutedTokens routed = RoutedTokens.Of(grid.NumExperts, choices);
        importance.Add(routed.In(0));
        return new VirtualExpertEviction(grid, [2, 2], importance, residency);
    }

    private static double Value(VirtualExpertEviction eviction, EvictionCase cache, int key, int[] resident) =>
        eviction.KeepValue(key, cache.Usage, new(1, 0, 0, resident, 5));
}
