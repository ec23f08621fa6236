using MoeGen.Benchmarks.Simulating;

namespace MoeGen.Cli.Tests.Benchmarks;

public class MixedTextTests
{
    [Fact]
    public void Parts_TakeTurnsAndNothingIsLost() =>
        Assert.Equal("a1\na2\nb1\na3\na4\nb2", MixedText.Of(["a1\na2\na3\na4\n", "b1\nb2"], 2));
}
