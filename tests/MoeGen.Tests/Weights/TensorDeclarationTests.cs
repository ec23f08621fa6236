using MoeGen.Weights;

namespace MoeGen.Tests.Weights;

public class TensorDeclarationTests
{
    [Theory]
    [InlineData(0, 10, 0, 1)]
    [InlineData(3, 10, -1, 1)]
    [InlineData(3, 10, 0, 0)]
    [InlineData(3, 4, 0, 1)] // five rows do not fit
    [InlineData(3, 10, 6, 1)]
    [InlineData(3, 10, 2, 2)] // rows 2, 4, 6, 8, 10
    [InlineData(3, int.MaxValue, 0, int.MaxValue)] // the last row is not an int
    public void RowsOutsideTheStack_AreRefused(int count, int rows, int firstRow, int rowStep) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => TensorDeclaration.Vector("x", 5).FromStack(count, rows, firstRow, rowStep));

    [Fact]
    public void LastRow_MayBeTheLastOfTheStack()
    {
        TensorDeclaration.Vector("x", 5).FromStack(1, 10, 5);
        TensorDeclaration.Vector("x", 5).FromStack(1, 10, 1, 2);
        TensorDeclaration.Vector("x", 5).FromFused("y", 5);
    }
}
