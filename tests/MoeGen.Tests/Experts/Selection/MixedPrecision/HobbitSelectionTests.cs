using MoeGen.Engine;
using MoeGen.Experts;
using MoeGen.Experts.Selection;
using MoeGen.Experts.Selection.MixedPrecision;

namespace MoeGen.Tests.Experts.Selection.MixedPrecision;

public sealed class HobbitSelectionTests
{
    private static readonly ExpertGrid s_grid = new(2, 6, 4);

    [Theory]
    [InlineData(0.6f, new[] { 2, 3 })] // shares before: 0, .4, .7 and .9
    [InlineData(0.7001f, new[] { 3 })]
    [InlineData(0.4001f, new[] { 2, 3 })]
    [InlineData(0.3f, new[] { 1, 2, 3 })]
    [InlineData(0f, new[] { 1, 2, 3 })]
    [InlineData(-1f, new[] { 0, 1, 2, 3 })]
    [InlineData(1f, new int[0])]
    public void WeightBefore_SaysWhoseTwinWillDo(float maxWeightBefore, int[] expected)
    {
        HobbitOptions options = new() { MaxWeightBefore = maxWeightBefore };
        Assert.Equal(expected, TakingTwins(options, Segments.Step, ([0, 1, 2, 3], [0.4f, 0.3f, 0.2f, 0.1f])));

        // weights need neither have a sum of 1 nor fall
        Assert.Equal(expected, TakingTwins(options, Segments.Step, ([3, 1, 0, 2], [1f, 3f, 4f, 2f])).Order());
    }

    [Fact]
    public void EqualWeights_CountInTheOrderOfTheChoices()
    {
        float[] weights = [1, 1, 1, 1];
        Assert.Equal([0, 0.25f, 0.5f, 0.75f], Enumerable.Range(0, 4).Select(k => HobbitSelection.WeightBefore(weights, k)));
        Assert.Equal(0, HobbitSelection.WeightBefore([0, 0], 1));
    }

    [Fact]
    public void ShareBefore_IsAtMostOne_ForAnyWeights()
    {
        Random random = new(1);
        for (int i = 0; i < 1000; i++)
        {
            float[] weights = [.. Enumerable.Range(0, 8).Select(_ => MathF.Pow(random.NextSingle(), 20))];
            Assert.All(Enumerable.Range(0, 8), k => Assert.InRange(HobbitSelection.WeightBefore(weights, k), 0, 1));
        }
    }

    [Fact]
    public void StrictestToken_Decides()
    {
        // expert 3 is the last of the first token and the first of the second, expert 2 the third of both
        Assert.Equal(
            [2],
            TakingTwins(
                new HobbitOptions(), Segments.Steps(2),
                ([0, 1, 2, 3], [0.4f, 0.3f, 0.2f, 0.1f]), ([3, 4, 2, 0], [0.4f, 0.3f, 0.2f, 0.1f])));
    }

    [Fact]
    public void Prompt_RunsExactly_UnlessAsked_AndAStepBesideIt()
    {
        (int[], float[]) choice = ([0, 1, 2, 3], [0.4f, 0.3f, 0.2f, 0.1f]), other = ([4, 5, 1, 2], [0.4f, 0.3f, 0.2f, 0.1f]);
        Assert.Empty(TakingTwins(new HobbitOptions(), Segments.Prompt(1), choice));
        Assert.Equal([2, 3], TakingTwins(new HobbitOptions { AppliesToPrompts = true }, Segments.Prompt(1), choice));
        Segment[] mixed = [Segments.Prompt(1)[0], new() { NumTokens = 1, FirstPosition = 9, FirstRow = 1, IsDecode = true }];
        Assert.Empty(TakingTwins(new HobbitOptions(), mixed, choice, choice));
        Assert.Empty(TakingTwins(new HobbitOptions(), mixed, choice, other));
        Assert.Equal([1, 2], TakingTwins(new HobbitOptions(), mixed, ([0, 3, 4, 5], [0.4f, 0.3f, 0.2f, 0.1f]), other));
    }

    [Fact]
    public void Skipping_LeavesOutWhatIsBeyond_AndNotInMemory()
    {
        HobbitOptions options = new() { MaxTwinWeightBefore = 0.8f, SkipsOthers = true };
        Assert.Equal([0, 1, 2, -1], Revised(options, missing: [2, 3]));
        Assert.Equal([0, 1, 2, 3], Revised(options, missing: [2]));
        Assert.Equal([0, 1, 2, 3], Revised(options with { SkipsOthers = false }, missing: [2, 3]));
    }

    [Fact]
    public void OptionsThatMakeNoSense_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Offloading.Hobbit(new HobbitOptions { MaxWeightBefore = float.NaN }));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => Offloading.Hobbit(new HobbitOptions { MaxTwinWeightBefore = 0.5f, SkipsOthers = true }));
        Assert.Equal("hobbit", Offloading.Hobbit(new HobbitOptions { MaxWeightBefore = 1 }).Name);
    }

    private static int[] TakingTwins(HobbitOptions options, Segment[] segments, params (int[] Ids, float[] Weights)[] tokens)
    {
        using HobbitSelection selection = new(new SelectionSetup(s_grid, "0123456789abcdef", new FakeResidency()), options);
        using Routing routing = new(6, 4, tokens.Length);
        for (int token = 0; token < tokens.Length; token++)
        {
            tokens[token].Ids.CopyTo(routing.TopKIds(token));
            tokens[token].Weights.CopyTo(routing.TopKWeights(token));
        }

        selection.OnPassStart(new SelectionPass(segments));
        selection.Revise(0, routing, tokens.Length);
        bool[] takesTwin = selection.TakesTwin(0).ToArray();
        return [.. tokens.SelectMany(token => token.Ids).Distinct().Where(id => takesTwin[id]).Order()];
    }

    private static int[] Revised(HobbitOptions options, int[] missing)
    {
        using HobbitSelection selection = new(new SelectionSetup(s_grid, "0123456789abcdef", new FakeResidency(missing)), options);
        using Routing routing = new(6, 4, 1);
        new[] { 0, 1, 2, 3 }.CopyTo(routing.TopKIds(0));
        new[] { 0.4f, 0.3f, 0.2f, 0.1f }.CopyTo(routing.TopKWeights(0));
        selection.OnPassStart(new SelectionPass(Segments.Step));
        selection.Revise(0, routing, 1);
        return routing.TopKIds(0).ToArray();
    }
}
