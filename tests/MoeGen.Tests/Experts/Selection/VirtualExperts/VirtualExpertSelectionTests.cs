using MoeGen.Experts;
using MoeGen.Experts.Selection;
using MoeGen.Experts.Selection.VirtualExperts;

namespace MoeGen.Tests.Experts.Selection.VirtualExperts;

/// <summary>Which experts are exchanged for which and when, step by step: two layers of six experts, norms 1 to 6 in layer 0 and 1 in layer 1.</summary>
public class VirtualExpertSelectionTests
{
    private const int NumExperts = 6;

    private static readonly ExpertGrid s_grid = new(2, NumExperts, 2);
    private static readonly float[] s_norms = [1, 2, 3, 4, 5, 6, 1, 1, 1, 1, 1, 1];

    private readonly FakeSwaps _swaps = new();

    [Fact]
    public void LargestNorms_Begin()
    {
        VirtualExpertSelection selection = Create(new SwapOptions(), numSlots: 7, out int[] first);
        Assert.Equal([3, 4, 5, 6, 7, 8], first);
        Assert.Equal([3, 4, 5], Virtual(selection, 0));
        Assert.Equal([0, 1, 2], Virtual(selection, 1));
    }

    [Fact]
    public void ExpertsOfThePlan_Begin()
    {
        SwapPlan plan = Plan(2, 4) with { InitialExperts = [[1, 0], [5, 4, 0, 2]] };
        VirtualExpertSelection selection = Create(new SwapOptions { Plan = plan }, numSlots: 7, out _);
        Assert.Equal([0, 1], Virtual(selection, 0));
        Assert.Equal([0, 2, 4, 5], Virtual(selection, 1));

        // a smaller budget takes the first of them
        selection = Create(new SwapOptions { Plan = plan }, numSlots: 4, out _);
        Assert.Equal([1], Virtual(selection, 0));
        Assert.Equal([4, 5], Virtual(selection, 1));
    }

    [Fact]
    public void NormsOfThePlan_SpareReadingTheExperts()
    {
        VirtualExpertSelection planned = new(Setup(), new SwapOptions { Plan = Plan(1, 1) with { Norms = [[9, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 9]] } });
        Assert.False(planned.NeedsNorms);
        Assert.Equal([0, 11], planned.Start(_swaps, 3, []));
        Assert.True(new VirtualExpertSelection(Setup(), new SwapOptions { Plan = Plan(1, 1) }).NeedsNorms);
    }

    [Fact]
    public void Swap_EndsAtTheStartOfAPassAndNeverWithinOne()
    {
        VirtualExpertSelection selection = Create(Immediate, numSlots: 7, out _);
        Run(selection, layer: 0, (0, 0.9f), (5, 0.1f));
        Start(selection);

        // the least important Virtual Expert leaves: 3 and 4 were not chosen, and 3 has the smaller norm
        Assert.Equal([0], _swaps.Begun);
        Assert.Empty(_swaps.GivenUp);
        Assert.Equal([3, 4, 5], Virtual(selection, 0));
        _swaps.End(0);
        Assert.Equal([3, 4, 5], Virtual(selection, 0));
        Start(selection);
        Assert.Equal([0, 4, 5], Virtual(selection, 0));
        Assert.Equal([3], _swaps.GivenUp);
    }

    [Fact]
    public void EnteringExpert_MustBeWorthMoreThanTheHysteresis()
    {
        // norms of layer 1 are all 1: expert 3 is worth 1.04 or 1.06 times as much as the least Virtual Expert
        VirtualExpertSelection selection = Create(Immediate with { Hysteresis = 0.05 }, numSlots: 7, out _);
        RunLayers(selection, (1, [(0, 1f), (1, 1f)]), (1, [(2, 1f), (3, 1.04f)]));
        Start(selection);
        Assert.Empty(_swaps.Begun);
        RunLayers(selection, (1, [(0, 1f), (1, 1f)]), (1, [(2, 1f), (3, 1.06f)]));
        Start(selection);
        Assert.Equal([9], _swaps.Begun);
    }

    [Fact]
    public void Pairs_AreMadeFromBothEnds_AndTheLargestGainGoesFirst()
    {
        // layer 1: Virtual 0, 1, 2 are worth 1, 2, 3; absent 3, 4, 5 are worth 2.5, 9, 4.
        // pairs: 4 for 0 gains 8, 5 for 1 gains 2, and 3 for 2 would lose. Layer 0: 2, of norm 3, is worth 15; 3 leaves, worth 0
        VirtualExpertSelection selection = Create(Immediate with { SpareSlots = 4, BandwidthShare = 1 }, numSlots: 10, out _);
        _swaps.CopiesPerStep = 4;
        RunLayers(
            selection, (1, [(0, 1f), (1, 2f)]), (1, [(2, 3f), (3, 2.5f)]), (1, [(4, 9f), (5, 4f)]), (0, [(2, 5f), (5, 1f)]));
        Start(selection);
        Assert.Equal([2, 10, 11], _swaps.Begun);
        foreach (int key in _swaps.Begun)
        {
            _swaps.End(key);
        }

        Start(selection);
        Assert.Equal([2, 4, 5], Virtual(selection, 0));
        Assert.Equal([2, 4, 5], Virtual(selection, 1));
        Assert.Equal([3, 6, 7], _swaps.GivenUp.Order());
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1.9, 1)]
    [InlineData(4.1, 2)]
    [InlineData(7.9, 3)]
    [InlineData(100, 4)]
    public void Swaps_AreBegunAsFastAsTheDiskMayCopy(double copiesPerStep, int expected)
    {
        VirtualExpertSelection selection = Create(Immediate with { SpareSlots = 4, BandwidthShare = 0.5 }, numSlots: 10, out _);
        _swaps.CopiesPerStep = copiesPerStep;
        RunLayers(selection, (0, [(0, 1f), (1, 1f)]), (0, [(2, 1f), (1, 1f)]), (1, [(3, 1f), (4, 1f)]), (1, [(5, 1f), (4, 1f)]));
        Start(selection);
        Assert.Equal(expected, _swaps.Begun.Count);
        Assert.Equal(expected, _swaps.Begun.Distinct().Count());
    }

    [Fact]
    public void SpareSlot_IsUsedByOneSwapAtATime()
    {
        VirtualExpertSelection selection = Create(Immediate with { UpdateInterval = 3, BandwidthShare = 1 }, numSlots: 7, out _);
        _swaps.CopiesPerStep = 10;
        RunLayers(selection, (0, [(0, 1f), (1, 2f)]));
        Start(selection);
        Start(selection);
        Assert.Empty(_swaps.Begun);
        Start(selection);
        Assert.Equal([1], _swaps.Begun);
        Start(selection);
        Assert.Equal([1], _swaps.Begun);

        // the first one has arrived: the slot of the expert that left for it is spare
        _swaps.End(1);
        Start(selection);
        Assert.Equal([1, 0], _swaps.Begun);
        Assert.Equal([1, 4, 5], Virtual(selection, 0));
    }

    [Fact]
    public void WhatANewUpdateDoesNotWant_IsNotBegun()
    {
        VirtualExpertSelection selection = Create(Immediate, numSlots: 7, out _);
        RunLayers(selection, (0, [(0, 1f), (1, 2f)]));
        Start(selection);
        Assert.Equal([1], _swaps.Begun);
        RunLayers(selection, (1, [(5, 1f), (4, 0.5f)]));
        _swaps.End(1);
        Start(selection);
        Assert.Equal([1, 11], _swaps.Begun);
    }

    [Fact]
    public void FailedSwap_ChangesNothing()
    {
        VirtualExpertSelection selection = Create(Immediate, numSlots: 7, out _);
        Run(selection, layer: 0, (0, 1f), (5, 1f));
        Start(selection);
        _swaps.End(0, isResident: false);
        Start(selection);
        Assert.Equal([3, 4, 5], Virtual(selection, 0));
        Assert.Empty(_swaps.GivenUp);

        // it is tried again when it is wanted again
        Run(selection, layer: 0, (0, 1f), (5, 1f));
        Start(selection);
        Assert.Equal([0, 0], _swaps.Begun);
    }

    [Fact]
    public void Requests_CountAsInputsWhereTheOptionSaysSo()
    {
        VirtualExpertSelection selection = Create(Immediate with { Unit = SwapUnit.Request }, numSlots: 7, out _);
        Start(selection, isNewSequence: true);
        Run(selection, layer: 0, (0, 1f), (5, 1f));
        Start(selection, isNewSequence: false);
        Start(selection, isNewSequence: false);
        Assert.Empty(_swaps.Begun);
        Start(selection, isNewSequence: true);
        Assert.Equal([0], _swaps.Begun);
    }

    [Fact]
    public void Interval0_NeverSwaps()
    {
        VirtualExpertSelection selection = Create(Immediate with { UpdateInterval = 0 }, numSlots: 7, out _);
        for (int i = 0; i < 5; i++)
        {
            Run(selection, layer: 0, (0, 1f), (1, 1f));
            Start(selection);
        }

        Assert.Empty(_swaps.Begun);
    }

    [Fact]
    public void Repeats_AreNotInputs()
    {
        VirtualExpertSelection selection = Create(Immediate, numSlots: 7, out _);
        Run(selection, layer: 0, (0, 1f), (5, 1f));
        selection.OnPassStart(new SelectionPass(Segments.Step, isRepeat: true));
        Assert.Empty(_swaps.Begun);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void SynchronousUpdate_WaitsForAllOfIt(bool fails)
    {
        _swaps.Fails = fails;
        VirtualExpertSelection selection = Create(Immediate with { IsSynchronous = true }, numSlots: 7, out _);
        RunLayers(selection, (0, [(0, 1f), (1, 2f)]), (1, [(5, 1f), (4, 0.5f)]));
        Start(selection);
        Assert.Equal([1, 0, 11, 10], _swaps.WaitedFor);
        Assert.Equal(fails ? [3, 4, 5] : [0, 1, 5], Virtual(selection, 0));
        Assert.Equal(fails ? 0 : 4, _swaps.GivenUp.Count);
    }

    [Fact]
    public void SmallerBudget_DropsTheLeastImportantAtOnce()
    {
        VirtualExpertSelection selection = Create(Immediate with { Decay = 0.9 }, numSlots: 12, out _);
        RunLayers(selection, (0, [(0, 1f), (1, 2f)]), (1, [(5, 1f), (4, 0.5f)]));
        Start(selection);
        selection.Resize(5);
        Assert.Equal([0, 1], Virtual(selection, 0));
        Assert.Equal([4, 5], Virtual(selection, 1));
        Assert.Equal(8, _swaps.GivenUp.Count);
        Assert.Empty(_swaps.Begun);
    }

    [Fact]
    public void LargerBudget_AddsTheMostImportantBehindTheModel()
    {
        VirtualExpertSelection selection = Create(Immediate with { Decay = 0.9, Hysteresis = 1000 }, numSlots: 7, out _);
        RunLayers(selection, (0, [(0, 1f), (1, 2f)]), (1, [(5, 1f), (4, 0.5f)]));
        Start(selection);

        // what was on its way is asked for anew, with a place of its own
        Assert.Equal([1], _swaps.Begun);
        selection.Resize(9);
        Assert.Equal([1], _swaps.GivenUp);
        Assert.Equal([1, 1, 11], _swaps.Begun);
        _swaps.End(11);
        Start(selection);
        Assert.Equal([3, 4, 5], Virtual(selection, 0));
        Assert.Equal([0, 1, 2, 5], Virtual(selection, 1));

        // another budget gives up what is still on its way
        selection.Resize(5);
        Assert.Contains(1, _swaps.GivenUp);
        Assert.Equal(2, Virtual(selection, 0).Length);
        Assert.Equal(2, Virtual(selection, 1).Length);

        selection.Resize(12);
        foreach (int key in Enumerable.Range(0, 12))
        {
            _swaps.End(key);
        }

        Start(selection);
        Assert.Equal(6, Virtual(selection, 0).Length);
        Assert.Equal(6, Virtual(selection, 1).Length);
    }

    [Fact]
    public void FailedAddition_IsTriedAgainWithTheNextUpdate()
    {
        VirtualExpertSelection selection = Create(Immediate, numSlots: 7, out _);
        selection.Resize(8);
        int key = Assert.Single(_swaps.Begun);
        _swaps.End(key, isResident: false);
        Start(selection);
        Start(selection);
        Assert.Equal([key, key], _swaps.Begun);
        _swaps.End(key);
        Start(selection);
        Assert.Equal(7, Virtual(selection, 0).Length + Virtual(selection, 1).Length);
    }

    private static SwapOptions Immediate => new() { UpdateInterval = 1, Decay = 0, Hysteresis = 0.05 };

    private static SelectionSetup Setup() => new(s_grid, "f", new FakeResidency());

    private static SwapPlan Plan(params int[] shares) =>
        new() { Fingerprint = "f", BudgetBytes = 1, UpdateInterval = 1, ExpertsPerLayer = shares };

    private static int[] Virtual(VirtualExpertSelection selection, int layer)
    {
        bool[] competing = selection.Competing(layer).ToArray();
        return [.. Enumerable.Range(0, NumExperts).Where(expert => competing[expert])];
    }

    private static void Start(VirtualExpertSelection selection, bool isNewSequence = false) =>
        selection.OnPassStart(new SelectionPass([Segments.Step[0] with { IsNewSequence = isNewSequence }]));

    private static void Run(VirtualExpertSelection selection, int layer, params (int Id, float Weight)[] choices) =>
        RunLayers(selection, (layer, choices));

    // routes layers of the pass that has begun
    private static void RunLayers(VirtualExpertSelection selection, params (int Layer, (int Id, float Weight)[] Choices)[] layers)
    {
        foreach ((int layer, (int, float)[] choices) in layers)
        {
            using RoutedTokens routed = RoutedTokens.Of(NumExperts, choices);
            selection.OnRouted(routed.In(layer));
        }
    }

    private VirtualExpertSelection Create(SwapOptions options, int numSlots, out int[] first)
    {
        options.Validate();
        VirtualExpertSelection selection = new(Setup(), options);
        first = selection.Start(_swaps, numSlots, s_norms);
        Start(selection, isNewSequence: true);
        return selection;
    }
}
