using MoeGen.Planning;

namespace MoeGen.Tests.Planning;

public class UpdateSweepTests
{
    [Fact]
    public void Best_IsTheMostFrequentThatCostsNothing()
    {
        UpdateSweep sweep = Of([10, 10], [10, 10], [10.1, 10], [10.3, 10.2], [11, 11], [12, 12], [15, 15]);
        Assert.Equal(8, sweep.Best);
        Assert.Equal(0.2, sweep.BestMs, 12);
        Assert.Equal([10, 10, 10, 10.2, 11, 12, 15], sweep.TpotMs);
    }

    [Fact]
    public void NothingRises_UpdatesEveryPass() => Assert.Equal(1, Of([9, 8], [8], [8], [8], [8], [8], [8.1]).Best);

    [Fact]
    public void RiseWithinTheNoiseOfRounds_IsNone()
    {
        // half of the settings differ by a tenth from round to round; medians by nearest rank are the lesser of two
        double[] steady = [10, 10, 10], noisy = [10, 11, 12];
        Assert.Equal(1, Of(noisy, noisy, noisy, noisy, noisy, steady, [10.9, 10.9, 10.9]).Best);
        Assert.Equal(2, Of(steady, steady, steady, steady, steady, steady, [10.9, 10.9, 10.9]).Best);
    }

    private static UpdateSweep Of(params double[][] tpotMs) => new(tpotMs);
}
