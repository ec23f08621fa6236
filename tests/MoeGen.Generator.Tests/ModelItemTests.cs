namespace MoeGen.Generator.Tests;

public class ModelItemTests
{
    [Theory]
    [InlineData("Qwen3-30B-A3B", "Qwen3_30B_A3B")]
    [InlineData("olmoe", "Olmoe")]
    [InlineData("8x7B", "Model8x7B")]
    [InlineData("a b.c", "A_b_c")]
    [InlineData("", "Model")]
    public void ClassName_ComesFromTheFolder(string folder, string expected) => Assert.Equal(expected, ModelItem.ToClassName(folder));
}
