using MoeGen.Planning;

namespace MoeGen.Tests.Planning;

public class ExpertProfileTests
{
    [Fact]
    public void Tpot_CountsTheExpertsThatRun()
    {
        // top-4 of three layers: 4, 4 and 2 experts run for 0.5 ms each, 3 ms are the rest
        ExpertProfile profile = new(Bytes: 4096, LoadMs: 7, ComputeMs: 0.5, RestMs: 3, NumLayers: 3, TopK: 4);
        Assert.Equal(8, profile.TpotMs([4, 9, 2]));
        Assert.Equal(9, profile.FullMs);
        Assert.Equal(profile.FullMs, profile.TpotMs([4, 4, 4]));
    }
}
