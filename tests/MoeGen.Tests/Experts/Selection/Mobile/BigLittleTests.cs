using MoeGen.Engine;
using MoeGen.Experts;
using MoeGen.Experts.Selection;
using MoeGen.Experts.Selection.Mobile;

namespace MoeGen.Tests.Experts.Selection.Mobile;

/// <summary>The protocol of passes, without a model.</summary>
public class BigLittleTests
{
    private static readonly ExpertGrid s_grid = new(3, 8, 4);
    private static readonly Segment s_last = Segments.Step[0];
    private static readonly float[] s_half = [0, 0]; // the most probable token has 1/2

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(4, 2)]
    [InlineData(7, 4)]
    [InlineData(8, 4)]
    public void LittlePass_HasHalfTheExperts_RoundedUp(int topK, int expected) => Assert.Equal(expected, BigLittle.LittleTopK(topK));

    [Fact]
    public void UnsureStep_IsRunAgainOnce_WithAllExperts()
    {
        using BigLittle selection = new(s_grid, new MobileOptions { Threshold = 0.6f });
        Assert.Equal(2, NumChosen(selection, Segments.Step));
        Assert.True(selection.OnPassEnd(s_last, s_half));
        Assert.Equal(4, NumChosen(selection, Segments.Step, isRepeat: true));
        Assert.False(selection.OnPassEnd(s_last, s_half));
        Assert.True(selection.Competing(0).IsEmpty);
    }

    [Fact]
    public void SureStep_IsNotRunAgain()
    {
        using BigLittle selection = new(s_grid, new MobileOptions { Threshold = 0.5f });
        Assert.Equal(2, NumChosen(selection, Segments.Step));
        Assert.False(selection.OnPassEnd(s_last, s_half));
    }

    [Fact]
    public void Prompts_RunWithAllExperts_AndAreNotJudged()
    {
        using BigLittle selection = new(s_grid, new MobileOptions { Threshold = 2 });
        Assert.Equal(4, NumChosen(selection, Segments.Prompt(9)));
        Assert.False(selection.OnPassEnd(s_last, s_half));
        Assert.Equal(4, NumChosen(selection, Segments.Prompt(1, isNewSequence: false)));
        Assert.False(selection.OnPassEnd(s_last, []));
    }

    [Fact]
    public void StepsOfSeveralSequences_AreJudgedOneByOne()
    {
        // the sequence that is sure is through; the other one runs again without it, and a prompt beside them is not judged
        using BigLittle selection = new(s_grid, new MobileOptions { Threshold = 0.6f });
        Segment[] segments =
        [
            Segments.Prompt(3)[0],
            new() { NumTokens = 1, FirstPosition = 9, FirstRow = 3, IsDecode = true },
            new() { NumTokens = 1, FirstPosition = 4, FirstRow = 4, IsDecode = true },
        ];
        selection.OnPassStart(new SelectionPass(segments));
        Assert.Equal([4, 4, 4, 2, 2], Enumerable.Range(0, 5).Select(selection.NumChosenOf));
        Assert.False(selection.OnPassEnd(segments[0], s_half));
        Assert.False(selection.OnPassEnd(segments[1], [5, 0]));
        Assert.True(selection.OnPassEnd(segments[2], s_half));
        Assert.Equal(4, NumChosen(selection, Segments.Step, isRepeat: true));
        Assert.False(selection.OnPassEnd(s_last, s_half));
    }

    [Fact]
    public void LogitsThatAreNotFinite_AreNotSure()
    {
        using BigLittle selection = new(s_grid, new MobileOptions { Threshold = 0 });
        _ = NumChosen(selection, Segments.Step);
        Assert.True(selection.OnPassEnd(s_last, [float.NaN, 1]));
    }

    [Fact]
    public void FirstTokens_AreBigAtOnce_TheOthersLittle()
    {
        using BigLittle selection = new(s_grid, new MobileOptions { Rule = FallbackRule.FirstTokensBig, NumFirstTokens = 2 });
        int[] chosen = [.. Enumerable.Range(0, 4).Select(step => NumChosen(selection, Segments.Steps(1, decodeStep: step)))];
        Assert.Equal([4, 4, 2, 2], chosen);
        Assert.False(selection.OnPassEnd(s_last, s_half));
    }

    [Fact]
    public void AlwaysBigAndAlwaysLittle_RunNothingAgain()
    {
        using BigLittle selection = new(s_grid, new MobileOptions { Rule = FallbackRule.AlwaysBig });
        Assert.Equal(4, NumChosen(selection, Segments.Step));
        Assert.False(selection.OnPassEnd(s_last, s_half));
        selection.Options = new MobileOptions { Rule = FallbackRule.AlwaysLittle, Threshold = 2 };
        Assert.Equal(2, NumChosen(selection, Segments.Step));
        Assert.False(selection.OnPassEnd(s_last, s_half));
    }

    [Fact]
    public void RandomSteps_AreTheSharePromised_AndTheSameForASeed()
    {
        MobileOptions options = new() { Rule = FallbackRule.RandomBig, RandomShare = 0.3, Seed = 4 };
        using BigLittle first = new(s_grid, options), second = new(s_grid, options), other = new(s_grid, options with { Seed = 5 });
        bool[] Draw(BigLittle selection) => [.. Enumerable.Range(0, 10_000).Select(_ => IsRunAgain(selection))];
        bool[] drawn = Draw(first);

        // 10,000 draws of 0.3: five standard deviations are 0.023
        Assert.InRange(drawn.Count(isBig => isBig) / 10_000.0, 0.277, 0.323);
        Assert.Equal(drawn, Draw(second));
        Assert.NotEqual(drawn, Draw(other));
    }

    [Fact]
    public void NewOptions_HoldFromTheNextPassOn()
    {
        using BigLittle selection = new(s_grid, new MobileOptions { Threshold = 1.1f });
        _ = NumChosen(selection, Segments.Step);
        selection.Options = selection.Options with { Threshold = 0 };
        Assert.True(selection.OnPassEnd(s_last, s_half));
        Assert.False(IsRunAgain(selection));
    }

    [Fact]
    public void OptionsThatMakeNoSense_AreRefused()
    {
        MobileOptions[] wrong =
        [
            new() { Threshold = -0.1f }, new() { Threshold = float.NaN }, new() { RandomShare = 1.1 }, new() { RandomShare = double.NaN },
            new() { NumFirstTokens = -1 }, new() { Rule = (FallbackRule)99 },
            new() { Base = Offloading.MoBiLE() },
        ];
        Assert.All(wrong, options => Assert.ThrowsAny<ArgumentException>(() => Offloading.MoBiLE(options)));
        using BigLittle selection = new(s_grid);
        Assert.All(wrong, options => Assert.ThrowsAny<ArgumentException>(() => selection.Options = options));
    }

    private static int NumChosen(BigLittle selection, Segment[] segments, bool isRepeat = false)
    {
        selection.OnPassStart(new SelectionPass(segments, isRepeat));
        return selection.NumChosenOf(0);
    }

    private static bool IsRunAgain(BigLittle selection)
    {
        selection.OnPassStart(new SelectionPass(Segments.Step));
        return selection.OnPassEnd(s_last, s_half);
    }
}
