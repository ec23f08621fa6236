using MoeGen.Engine;

namespace MoeGen.Tests.Engine;

public class ShareTests
{
    [Fact]
    public void Shares_CoverEveryUnitOnceInOrder()
    {
        Random random = new(8);
        for (int i = 0; i < 2000; i++)
        {
            int units = random.Next(300), count = random.Next(1, 20), granularity = random.Next(1, 33);
            int end = 0;
            for (int index = 0; index < count; index++)
            {
                Share share = Share.Of(units, index, count, granularity);
                Assert.Equal(end, share.Start);
                Assert.True(share.End >= share.Start);
                Assert.True(share.Start % granularity == 0 || share.Start == units);
                end = share.End;
            }

            Assert.Equal(units, end);
        }
    }

    [Fact]
    public void Shares_DifferByAtMostOneBlock()
    {
        int[] sizes = [.. Enumerable.Range(0, 7).Select(index => Share.Of(100, index, 7)).Select(share => share.End - share.Start)];
        Assert.InRange(sizes.Max() - sizes.Min(), 0, 1);
    }
}
