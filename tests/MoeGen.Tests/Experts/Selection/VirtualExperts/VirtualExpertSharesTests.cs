using MoeGen.Experts;
using MoeGen.Experts.Selection.VirtualExperts;
using MoeGen.Tests.Experts.Cache;

namespace MoeGen.Tests.Experts.Selection.VirtualExperts;

public class VirtualExpertSharesTests
{
    [Theory]
    [InlineData(5, new[] { 1, 1, 1, 1, 1 })]
    [InlineData(6, new[] { 1, 1, 2, 1, 1 })]
    [InlineData(13, new[] { 2, 3, 3, 3, 2 })]
    [InlineData(40, new[] { 8, 8, 8, 8, 8 })]
    public void WithoutAPlan_LayersAreEqual_AndTheMiddleGetsTheRest(int count, int[] expected) =>
        Assert.Equal(expected, VirtualExpertShares.Of(new ExpertGrid(5, 8, 2), count, weights: null));

    [Theory]
    [InlineData(12, new[] { 2, 6, 4 })]
    [InlineData(6, new[] { 1, 3, 2 })]
    [InlineData(3, new[] { 1, 1, 1 })]
    [InlineData(18, new[] { 4, 8, 6 })]
    [InlineData(24, new[] { 8, 8, 8 })]
    public void PlanOfAnotherBudget_IsFollowedInProportion(int count, int[] expected)
    {
        int[] shares = VirtualExpertShares.Of(new ExpertGrid(3, 8, 2), count, [2, 6, 4]);
        Assert.Equal(expected, shares);
    }

    [Fact]
    public void Shares_UseAllThereIs()
    {
        Random random = new(3);
        for (int i = 0; i < 300; i++)
        {
            ExpertGrid grid = new(random.Next(1, 9), random.Next(1, 17), 1);
            int[] weights = [.. Enumerable.Range(0, grid.NumLayers).Select(_ => random.Next(1, grid.NumExperts + 1))];
            int count = random.Next(grid.NumLayers, grid.Count + 1);
            int[] shares = VirtualExpertShares.Of(grid, count, random.Next(2) == 0 ? null : weights);
            Assert.Equal(count, shares.Sum());
            Assert.All(shares, share => Assert.InRange(share, 1, grid.NumExperts));
            Assert.Equal(weights, VirtualExpertShares.Of(grid, weights.Sum(), weights));
        }
    }

    [Fact]
    public void Bounds_AreOneExpertEachAndASpareSlot_AndThePlan()
    {
        ModelInfo info = FakeExperts.Info(numLayers: 3, numExperts: 4, topK: 1);
        Assert.Equal(new SlotBounds(4, 12), VirtualExpertShares.BoundsOf(info, new SwapOptions()));
        Assert.Equal(new SlotBounds(5, 12), VirtualExpertShares.BoundsOf(info, new SwapOptions { SpareSlots = 2 }));
        Assert.Equal(new SlotBounds(4, 7), VirtualExpertShares.BoundsOf(info, new SwapOptions { Plan = Plan(info, 1, 2, 3) }));
        Assert.Equal(new SlotBounds(4, 12), VirtualExpertShares.BoundsOf(info, new SwapOptions { Plan = Plan(info, 4, 4, 4) }));
        Assert.Equal(new SlotBounds(4, 11), VirtualExpertShares.BoundsOf(info, new SwapOptions { Plan = Plan(info, 4, 4, 3) }));
        Assert.Throws<SwapPlanException>(() => VirtualExpertShares.BoundsOf(info, new SwapOptions { Plan = Plan(info, 5, 4, 3) }));
    }

    private static SwapPlan Plan(ModelInfo info, params int[] shares) =>
        new() { Fingerprint = info.Fingerprint, BudgetBytes = 1, UpdateInterval = 1, ExpertsPerLayer = shares };
}
