using MoeGen.Engine;
using MoeGen.Experts.Cache;
using MoeGen.Tests.Experts.Selection;

namespace MoeGen.Tests.Experts.Cache;

public class SegmentTailsTests
{
    [Fact]
    public void Prompt_IsToldByItsLastTokens()
    {
        Check(8, Segments.Prompt(20), [12, 13, 14, 15, 16, 17, 18, 19], [8]);
        Check(8, Segments.Prompt(3), [0, 1, 2], [3]);
    }

    [Fact]
    public void Steps_AreAllTold() => Check(8, Segments.Steps(3), [0, 1, 2], [1, 2, 3]);

    [Fact]
    public void StepsBesideAPrompt_LeaveTheRestToItsTail() =>
        Check(8, [Prompt(0, 20), Prompt(20, 1), Prompt(21, 1)], [14, 15, 16, 17, 18, 19, 20, 21], [6, 7, 8]);

    [Fact]
    public void EveryPrompt_HasItsLastToken_AndTheLastOneItsTail() =>
        Check(8, [Prompt(0, 20), Prompt(20, 20)], [19, 33, 34, 35, 36, 37, 38, 39], [1, 8]);

    [Fact]
    public void TooManySequences_AreToldByTheLastOnes() => Check(4, Segments.Steps(6), [2, 3, 4, 5], [1, 2, 3, 4]);

    [Fact]
    public void NoSequence_HasNoTokens() => Check(4, [], [], []);

    private static Segment Prompt(int firstRow, int numTokens) => new() { NumTokens = numTokens, FirstPosition = 0, FirstRow = firstRow };

    private static void Check(int maxRows, Segment[] segments, int[] rows, int[] ends)
    {
        SegmentTails tails = new(maxRows);
        tails.Pick(Segments.Steps(2)); // of another pass
        tails.Pick(segments);
        Assert.Equal(rows, tails.Rows.ToArray());
        Assert.Equal(ends, tails.Ends.ToArray());
    }
}
