using MoeGen.Tokenizers;

namespace MoeGen.Tests.Tokenizers.Models;

public class MergeTableTests
{
    [Fact]
    public void TryGet_FindsWhatWasSetAndNothingElse()
    {
        Random random = new(3);
        Dictionary<(int, int), Merge> expected = [];
        MergeTable table = new(1000);
        for (int i = 0; i < 1000; i++)
        {
            (int left, int right) pair = (random.Next(60), random.Next(60));
            expected[pair] = new Merge(i, random.Next());
            table.Set(pair.left, pair.right, expected[pair]);
        }

        for (int left = 0; left < 60; left++)
        {
            for (int right = 0; right < 60; right++)
            {
                Assert.Equal(expected.TryGetValue((left, right), out Merge merge), table.TryGet(left, right, out Merge found));
                Assert.Equal(merge, found);
            }
        }
    }

    [Fact]
    public void TryGet_FindsNothingInAnEmptyTable() => Assert.False(new MergeTable(0).TryGet(0, 0, out _));
}
