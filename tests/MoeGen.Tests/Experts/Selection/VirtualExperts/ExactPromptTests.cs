using MoeGen.Experts;
using MoeGen.Experts.Eviction;
using MoeGen.Experts.Selection;
using MoeGen.Experts.Selection.VirtualExperts;

namespace MoeGen.Tests.Experts.Selection.VirtualExperts;

/// <summary>Virtual Experts while a prompt runs exactly and after it, step by step: two layers of six experts, three places each.</summary>
public class ExactPromptTests
{
    private const int NumExperts = 6;

    private static readonly ExpertGrid s_grid = new(2, NumExperts, 2);

    private readonly FakeSwaps _swaps = new();

    [Fact]
    public void Prompt_LetsAllExpertsCompeteAndBeGivenUp()
    {
        VirtualExpertSelection selection = Create(new SwapOptions(), new FakeResidency());
        Prompt(selection);
        Assert.True(selection.Competing(0).IsEmpty);
        Assert.IsType<VirtualExpertEviction>(_swaps.Eviction);
        Step(selection);
        Assert.IsType<NoEviction>(_swaps.Eviction);
        Assert.False(selection.Competing(0).IsEmpty);
    }

    [Fact]
    public void MaskedPrompt_IsADecodeStep()
    {
        VirtualExpertSelection selection = Create(new SwapOptions { Prompt = SwapPrompt.Masked }, new FakeResidency());
        Prompt(selection);
        Assert.Equal([0, 1, 2], Virtual(selection, 0));
        Assert.Null(_swaps.Eviction);
    }

    [Fact]
    public void EndOfAPrompt_KeepsTheMostImportantOfWhatIsInMemory()
    {
        // the prompt leaves 0, 2, 3, 5 of each layer in memory; it chose 5, 4 and 3 of layer 0 and nothing of layer 1
        VirtualExpertSelection selection = Create(new SwapOptions(), new FakeResidency(1, 4));
        Prompt(selection);
        Route(selection, layer: 0, (5, 3f), (4, 2f), (3, 1f));
        Step(selection);
        Assert.Equal([0, 3, 5], Virtual(selection, 0));
        Assert.Equal([0, 2, 3], Virtual(selection, 1));

        // what is neither in memory nor to stay is given up, even where it may still be on its way; what is missing comes as a swap
        Assert.Equal([1, 2, 4, 7, 10, 11], _swaps.GivenUp.Order());
        Assert.Equal([4], _swaps.Begun);
    }

    [Fact]
    public void SwapsOnTheirWay_AreGivenUpWhenAPromptBegins()
    {
        VirtualExpertSelection selection = Create(new SwapOptions(), new FakeResidency());
        Route(selection, layer: 0, (5, 3f), (4, 2f));
        Step(selection);
        Assert.Equal([5], _swaps.Begun);
        Prompt(selection);
        Assert.Equal([5], _swaps.GivenUp);
    }

    [Fact]
    public void LayerThatLacksExperts_GetsThemAsSwaps()
    {
        // an interrupted prompt has left one expert of each layer
        VirtualExpertSelection selection = Create(new SwapOptions { SpareSlots = 4 }, new FakeResidency(0, 1, 3, 4, 5));
        _swaps.CopiesPerStep = 100;
        Prompt(selection);
        Step(selection);
        Assert.Equal([2], Virtual(selection, 0));
        Assert.Equal([0, 1, 6, 7], _swaps.Begun.Order());
    }

    [Fact]
    public void BudgetThatChangesWithinAPrompt_HoldsWhenItEnds()
    {
        VirtualExpertSelection selection = Create(new SwapOptions(), new FakeResidency());
        Prompt(selection);
        selection.Resize(5);
        Assert.Empty(_swaps.GivenUp);
        Step(selection);
        Assert.Equal((2, 2), (Virtual(selection, 0).Length, Virtual(selection, 1).Length));
        Assert.Equal(8, _swaps.GivenUp.Count);
    }

    [Fact]
    public void UpdateInterval0_HoldsBetweenPrompts()
    {
        VirtualExpertSelection selection = Create(new SwapOptions { UpdateInterval = 0 }, new FakeResidency());
        Prompt(selection);
        Route(selection, layer: 0, (5, 3f), (4, 2f));
        Step(selection);
        Assert.Equal([0, 4, 5], Virtual(selection, 0));
        for (int i = 0; i < 5; i++)
        {
            Route(selection, layer: 0, (2, 9f), (3, 9f));
            Step(selection);
        }

        Assert.Empty(_swaps.Begun);
    }

    [Fact]
    public void NewText_ForgetsWhatOldOnesChose_ButForOrder()
    {
        VirtualExpertSelection selection = Create(new SwapOptions(), new FakeResidency());
        Prompt(selection);
        Route(selection, layer: 0, (5, 3f), (4, 2f));
        Step(selection);
        Prompt(selection);
        Route(selection, layer: 0, (1, 0.01f), (2, 0.02f));
        Step(selection);
        Assert.Equal([1, 2, 5], Virtual(selection, 0));
    }

    [Fact]
    public void PromptBehindAText_RemembersIt()
    {
        VirtualExpertSelection selection = Create(new SwapOptions(), new FakeResidency());
        Prompt(selection);
        Route(selection, layer: 0, (5, 3f), (4, 2f));
        Step(selection);
        Prompt(selection, isNewSequence: false);
        Route(selection, layer: 0, (1, 0.01f), (2, 0.02f));
        Step(selection);
        Assert.Equal([2, 4, 5], Virtual(selection, 0));
    }

    [Fact]
    public void Worth_IsImportanceWithWhatThePromptHasAdded()
    {
        VirtualExpertSelection selection = Create(new SwapOptions(), new FakeResidency());
        Prompt(selection);
        Route(selection, layer: 0, (5, 3f), (4, 2f));
        Assert.True(selection.Worth(4, 5) < 0);
        Assert.True(selection.Worth(4, 3) > 0);
        Assert.Equal(0, selection.Worth(0, 1));
    }

    private static int[] Virtual(VirtualExpertSelection selection, int layer)
    {
        bool[] competing = selection.Competing(layer).ToArray();
        return [.. Enumerable.Range(0, NumExperts).Where(expert => competing[expert])];
    }

    private static void Prompt(VirtualExpertSelection selection, bool isNewSequence = true) =>
        selection.OnPassStart(new SelectionPass(Segments.Prompt(8, isNewSequence)));

    private static void Step(VirtualExpertSelection selection) =>
        selection.OnPassStart(new SelectionPass(Segments.Step));

    private static void Route(VirtualExpertSelection selection, int layer, params (int Id, float Weight)[] choices)
    {
        using RoutedTokens routed = RoutedTokens.Of(NumExperts, choices);
        selection.OnRouted(routed.In(layer));
    }

    private VirtualExpertSelection Create(SwapOptions options, FakeResidency residency)
    {
        VirtualExpertSelection selection = new(new SelectionSetup(s_grid, "f", residency), options);
        _ = selection.Start(_swaps, 6 + options.SpareSlots, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
        Step(selection);
        return selection;
    }
}
