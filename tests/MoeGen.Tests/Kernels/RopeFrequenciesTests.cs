using MoeGen.Kernels;

namespace MoeGen.Tests.Kernels;

public class RopeFrequenciesTests
{
    [Fact]
    public void Default_ByHand()
    {
        // theta 10000, d 4: 10000^0 and 10000^(-2/4) = 0.01
        RopeFrequencies rope = RopeFrequencies.Default(4, 10000);
        Assert.Equal([1, 0.01], rope.Frequencies, (a, b) => Math.Abs(a - b) < 1e-15);
        Assert.Equal(1, rope.AttentionFactor);
    }

    [Fact]
    public void Linear_DividesEveryFrequency() =>
        Assert.Equal([0.25, 0.0025], RopeFrequencies.Linear(4, 10000, 4).Frequencies, (a, b) => Math.Abs(a - b) < 1e-15);

    [Fact]
    public void Llama3_KeepsFastAndDividesSlow()
    {
        IReadOnlyList<double> plain = RopeFrequencies.Default(128, 500000).Frequencies;
        IReadOnlyList<double> stretched = RopeFrequencies.Llama3(128, 500000, 8, 1, 4, 8192).Frequencies;
        Assert.Equal(plain[0], stretched[0], 15);
        Assert.Equal(plain[^1] / 8, stretched[^1], 15);
        Assert.All(plain.Zip(stretched), pair => Assert.InRange(pair.Second, pair.First / 8, pair.First));
    }

    [Fact]
    public void Yarn_ByHand()
    {
        // d 8, theta 10000, 64 old positions; turns 32 at 8 ln(64 / 64 pi) / (2 ln 10000) < 0 -> 0, turns 1 at 8 ln(64 / 2 pi) / (2 ln
        // 10000) = 1.008 -> 2:
        // the ramp is 0 at pair 0, 1/2 at pair 1, 1 from pair 2 on
        IReadOnlyList<double> plain = RopeFrequencies.Default(8, 10000).Frequencies;
        RopeFrequencies yarn = RopeFrequencies.Yarn(8, 10000, 4, 64, 32, 1, 1.25, truncate: true);
        double[] expected = [plain[0], plain[1] * (0.5 + (0.5 / 4)), plain[2] / 4, plain[3] / 4];
        Assert.Equal(expected, yarn.Frequencies, (a, b) => Math.Abs(a - b) < 1e-15);
        Assert.Equal(1.25, yarn.AttentionFactor);
    }
}
