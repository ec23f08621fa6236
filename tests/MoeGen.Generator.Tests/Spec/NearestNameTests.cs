using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Tests.Spec;

public class NearestNameTests
{
    [Theory]
    [InlineData("qwen99_moe", "qwen3_moe")]
    [InlineData("mixtrall", "mixtral")]
    [InlineData("Mixtral", "mixtral")]
    [InlineData("bert", null)]
    [InlineData("", null)]
    public void Find_GivesTheClosestOrNone(string name, string? expected) => Assert.Equal(expected, NearestName.Find(name, ["mixtral", "qwen3_moe"]));

    [Fact]
    public void EquallyClose_TheFirstInOrderCounts() => Assert.Equal("ab", NearestName.Find("aa", ["ac", "ab"]));
}
