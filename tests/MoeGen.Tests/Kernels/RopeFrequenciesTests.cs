using MoeGen.Kernels;

namespace MoeGen.Tests.Kernels;

public class RopeFrequenciesTests
{
    [Fact]
    public void LongRopeWithoutFactors_SaysWhatIsMissing() =>
        Assert.Contains(
            "expected 32 numbers each",
            Assert.Throws<MissingRopeFactorsException>(() => RopeFrequencies.LongRope(64, 1e4, [], [], 4096, 1, 1)).Message);

    [Fact]
    public void Default_ByHand()
    {
        // theta 10000, d 4: 10000^0 and 10000^(-2/4) = 0.01
        RopeFrequencies rope = RopeFrequencies.Default(4, 10000);
        AssertClose([1, 0.01], rope);
        Assert.Equal(1, rope.Scale(1));
        Assert.Equal(4, rope.RotaryDim);
    }

    [Fact]
    public void Linear_DividesEveryFrequency() =>
        AssertClose([0.25, 0.0025], RopeFrequencies.Linear(4, 10000, 4));

    [Fact]
    public void Llama3_KeepsFastAndDividesSlow()
    {
        double[] plain = All(RopeFrequencies.Default(128, 500000));
        double[] stretched = All(RopeFrequencies.Llama3(128, 500000, 8, 1, 4, 8192));
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
        double[] plain = All(RopeFrequencies.Default(8, 10000));
        RopeFrequencies yarn = RopeFrequencies.Yarn(8, 10000, 4, 64, 32, 1, 1.25, truncate: true);
        double[] expected = [plain[0], plain[1] * (0.5 + (0.5 / 4)), plain[2] / 4, plain[3] / 4];
        AssertClose(expected, yarn);
        Assert.Equal(1.25, yarn.Scale(1));
    }

    [Fact]
    public void Dynamic_StretchesTheBaseWithTheText()
    {
        // d 4, theta 100, factor 2, 8 positions; at 12 tokens 100 (2 * 12 / 8 - 1)^(4 / 2) = 400: 400^(-2/4) = 0.05
        RopeFrequencies rope = RopeFrequencies.Dynamic(4, 100, 2, 8);
        AssertClose([1, 0.1], rope, length: 1);
        AssertClose([1, 0.1], rope, length: 8);
        AssertClose([1, 0.05], rope, length: 12);
        Assert.Equal(1, rope.Scale(12));
    }

    [Fact]
    public void LongRope_SwitchesAboveTheOldContext()
    {
        // d 4, theta 100: 1 and 0.1, divided by the factors
        RopeFrequencies rope = RopeFrequencies.LongRope(4, 100, [1, 2], [4, 5], 8, 1.5, 2.5);
        AssertClose([1, 0.05], rope, length: 8);
        AssertClose([0.25, 0.02], rope, length: 9);
        Assert.Equal([1.5, 2.5], [rope.Scale(8), rope.Scale(9)]);
        Assert.Throws<ArgumentException>(() => RopeFrequencies.LongRope(4, 100, [1], [4, 5], 8, 1, 1));
    }

    private static double[] All(RopeFrequencies rope, int length = 1) =>
        [.. Enumerable.Range(0, rope.RotaryDim / 2).Select(pair => rope.Frequency(pair, length))];

    private static void AssertClose(double[] expected, RopeFrequencies rope, int length = 1) =>
        Assert.Equal(expected, All(rope, length), (a, b) => Math.Abs(a - b) < 1e-15);
}
