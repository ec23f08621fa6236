using MoeGen.Experts;
using MoeGen.Planning;

namespace MoeGen.Tests.Planning;

public class PlanSpaceTests
{
    [Theory]
    [InlineData(20, 4, true)]
    [InlineData(19, 1, false)]
    [InlineData(5, 1, false)]
    [InlineData(1000, 4, true)]
    public void EveryLayerHoldsTopK_WhereTheSlotsSuffice(int slots, int min, bool coversTopK)
    {
        PlanSpace space = new(new ExpertGrid(5, 24, 4), slots);
        Assert.Equal((min, coversTopK, Math.Min(slots, 120)), (space.MinPerLayer, space.CoversTopK, space.MaxTotal));
    }

    [Fact]
    public void FewerSlotsThanLayers_AreRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new PlanSpace(new ExpertGrid(5, 24, 4), 4));

    [Fact]
    public void Draw_KeepsTheBoundsAndVaries()
    {
        PlanSpace space = new(new ExpertGrid(5, 24, 4), 60);
        Random random = new(3);
        int[][] plans = [.. Enumerable.Range(0, 200).Select(_ => space.Draw(random, minTotal: 40))];
        Assert.All(plans, plan => Assert.True(space.Contains(plan)));
        Assert.All(plans, plan => Assert.InRange(plan.Sum(), 40, 60));
        Assert.True(plans.Select(plan => plan.Sum()).Distinct().Count() > 10);

        // even ones and very uneven ones
        Assert.Contains(plans, plan => plan.Max() - plan.Min() <= 4);
        Assert.Contains(plans, plan => plan.Max() - plan.Min() >= 16);
    }

    [Fact]
    public void Contains_SeesEveryBound()
    {
        PlanSpace space = new(new ExpertGrid(2, 8, 2), 10);
        Assert.True(space.Contains([2, 8]));
        Assert.False(space.Contains([1, 8]));
        Assert.False(space.Contains([2, 9]));
        Assert.False(space.Contains([3, 8]));
        Assert.False(space.Contains([2, 2, 2]));
    }
}
