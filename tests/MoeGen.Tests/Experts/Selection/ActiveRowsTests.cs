using MoeGen.Engine;
using MoeGen.Experts.Selection;

namespace MoeGen.Tests.Experts.Selection;

public class ActiveRowsTests
{
    [Theory]
    [InlineData(false, new[] { false, false, true, false, false, false }, 1)]
    [InlineData(true, new[] { true, true, true, true, true, true }, 6)]
    public void Rows_AreThoseOfSteps_AndOfPromptsWhereWanted(bool includesPrompts, bool[] expected, int count)
    {
        ActiveRows rows = new(includesPrompts);
        Segment step = new() { NumTokens = 1, FirstPosition = 9, FirstRow = 2, IsDecode = true };
        Segment prompt = new() { NumTokens = 3, FirstPosition = 0, FirstRow = 3 };
        rows.Start(new SelectionPass([Segments.Prompt(2)[0], step, prompt]));
        Assert.Equal(expected, Enumerable.Range(0, expected.Length).Select(rows.Contains));
        Assert.Equal(count, rows.Count);
    }

    [Fact]
    public void APass_ForgetsTheOneBefore()
    {
        ActiveRows rows = new(includesPrompts: false);
        rows.Start(new SelectionPass(Segments.Steps(4)));
        Assert.Equal(4, rows.Count);
        rows.Start(new SelectionPass(Segments.Prompt(3)));
        Assert.Equal(0, rows.Count);
        Assert.False(rows.Contains(2));
        rows.Start(new SelectionPass(Segments.Step));
        Assert.Equal(1, rows.Count);
        Assert.True(rows.Contains(0));
    }
}
