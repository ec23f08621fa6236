using MoeGen.Planning;

namespace MoeGen.Tests.Planning;

public class KneeTests
{
    [Theory]
    [InlineData(new double[] { 10, 10, 10, 10 }, 3)] // costs nothing
    [InlineData(new double[] { 10, 10, 12, 15 }, 1)] // rises at the third
    [InlineData(new double[] { 10, 12, 15, 20 }, 0)] // rises at once
    [InlineData(new double[] { 10, 10.3, 9.9, 10.3, 13 }, 3)] // noise is no rise
    [InlineData(new double[] { 10, 10.4, 10.8, 11.2 }, 1)] // a slow rise is one
    [InlineData(new double[] { 12, 10, 10, 12 }, 2)] // the first was slow by chance
    [InlineData(new double[] { 7 }, 0)]
    public void Find_IsTheLastSettingBeforeTheRise(double[] costs, int expected) => Assert.Equal(expected, Knee.Find(costs, 0.05));
}
