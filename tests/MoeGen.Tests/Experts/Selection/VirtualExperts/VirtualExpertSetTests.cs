using MoeGen.Experts;
using MoeGen.Experts.Selection.VirtualExperts;

namespace MoeGen.Tests.Experts.Selection.VirtualExperts;

public class VirtualExpertSetTests
{
    private static readonly ExpertGrid s_grid = new(2, 3, 1);

    [Fact]
    public void Experts_AreCountedByLayer()
    {
        VirtualExpertSet experts = new(s_grid);
        experts.Add(s_grid.KeyOf(0, 1));
        experts.Add(s_grid.KeyOf(1, 0));
        experts.Add(s_grid.KeyOf(1, 2));
        experts.Remove(s_grid.KeyOf(1, 0));
        experts.Add(s_grid.KeyOf(0, 2));
        Assert.Equal((3, 2, 1), (experts.Count, experts.CountOf(0), experts.CountOf(1)));
        Assert.Equal([false, true, true], experts.Of(0).ToArray());
        Assert.Equal([false, false, true], experts.Of(1).ToArray());
        Assert.True(experts.Contains(s_grid.KeyOf(1, 2)));
        Assert.False(experts.Contains(s_grid.KeyOf(1, 0)));
    }

    [Fact]
    public void Clear_LeavesNone()
    {
        VirtualExpertSet experts = new(s_grid);
        experts.Add(s_grid.KeyOf(1, 1));
        experts.Clear();
        Assert.Equal((0, 0), (experts.Count, experts.CountOf(1)));
        Assert.False(experts.Of(1).Contains(true));
    }
}
