using MoeGen.Engine;
using MoeGen.Experts;
using MoeGen.Experts.Selection;
using MoeGen.Experts.Selection.Substitution;
using MoeGen.Models;
using MoeGen.Testing;

namespace MoeGen.Tests.Experts.Selection.Substitution;

public sealed class BuddySelectionTests
{
    private static readonly int[] s_prompt = [1, 2, 3, 4, 5];
    private static readonly ExpertGrid s_grid = new(2, 6, 2);

    [Theory]
    [InlineData(0.05f, new[] { 0, 1 })] // expert 2 is 1 below expert 1, of a range of 10: too far
    [InlineData(0.1f, new[] { 0, 2 })]
    [InlineData(1f, new[] { 0, 2 })]
    public void MissingExpert_IsSubstituted_WithinTheGap(float maxGap, int[] expected)
    {
        // best first: 0 (10), 1 (9), 2 (8), 3 (5), 4 (1), 5 (0); 1 and 3 are not in memory
        Assert.Equal(expected, Revise(new BuddyOptions { MaxGap = maxGap }, [10, 9, 8, 5, 1, 0], [0, 1], [0.6f, 0.4f], missing: [1, 3]));
    }

    [Fact]
    public void LeastImportantChoice_IsSubstitutedFirst_NoneTwice()
    {
        // both are missing; the second gets expert 2, the best that is there, and the first expert 4, the next one
        int[] ids = Revise(new BuddyOptions { MaxGap = 1 }, [10, 9, 8, 5, 1, 0], [0, 1], [0.6f, 0.4f], missing: [0, 1, 3]);
        Assert.Equal([4, 2], ids);
    }

    [Fact]
    public void PeakedChoice_OrTooManyMissing_AreLeftAlone()
    {
        // entropy of .9 and .1 is .325 / ln 2 = .469
        float[] logits = [10, 9, 8, 7, 1, 0];
        Assert.Equal(0.469f, BuddySelection.Entropy([0.9f, 0.1f]), 1e-3);
        Assert.Equal(1, BuddySelection.Entropy([0.4f, 0.4f]), 1e-5);
        Assert.Equal([0, 1], Revise(new BuddyOptions { MinEntropy = 0.5f }, logits, [0, 1], [0.9f, 0.1f], missing: [1]));
        Assert.Equal([0, 2], Revise(new BuddyOptions { MinEntropy = 0.4f }, logits, [0, 1], [0.9f, 0.1f], missing: [1]));
        Assert.Equal([0, 1], Revise(new BuddyOptions { MaxMissingShare = 0.4f }, logits, [0, 1], [0.5f, 0.5f], missing: [1]));
        Assert.Equal([0, 2], Revise(new BuddyOptions { MaxMissingShare = 0.5f }, logits, [0, 1], [0.5f, 0.5f], missing: [1]));
    }

    [Fact]
    public void StepBesideAPrompt_IsSubstituted_AndThePromptIsNot()
    {
        // both rows have chosen expert 1, which is not in memory
        using BuddySelection selection = new(Setup(new FakeResidency(1)), new BuddyOptions { MaxGap = 1 });
        using Routing routing = new(6, 2, 2);
        Segment prompt = Segments.Prompt(1)[0], step = new() { NumTokens = 1, FirstPosition = 9, FirstRow = 1, IsDecode = true };
        for (int row = 0; row < 2; row++)
        {
            new float[] { 10, 9, 8, 5, 1, 0 }.CopyTo(routing.Logits[row]);
            new[] { 0, 1 }.CopyTo(routing.TopKIds(row));
            new[] { 0.5f, 0.5f }.CopyTo(routing.TopKWeights(row));
        }

        selection.OnPassStart(new SelectionPass([prompt, step]));
        selection.Revise(0, routing, 2);
        Assert.Equal([0, 1], routing.TopKIds(0));
        Assert.Equal([0, 2], routing.TopKIds(1));
    }

    [Fact]
    public void CoActivation_CountsWhoIsChosenTogether()
    {
        // expert 1 was chosen twice with 4 and once with 2
        using Routing routing = new(6, 2, 1);
        FakeResidency resident = new(1);
        using BuddySelection selection = new(Setup(resident), new BuddyOptions { Ranking = BuddyRanking.CoActivation, MaxGap = 1 });
        selection.OnPassStart(new SelectionPass(Segments.Step));
        foreach (int[] pair in new[] { new[] { 1, 4 }, [4, 1], [2, 1], [0, 3] })
        {
            pair.CopyTo(routing.TopKIds(0));
            selection.OnRouted(new SelectedLayer(1, routing, default, 1));
        }

        float[] logits = [10, 9, 8, 5, 1, 0];
        logits.CopyTo(routing.Logits[0]);
        new[] { 0, 1 }.CopyTo(routing.TopKIds(0));
        new[] { 0.5f, 0.5f }.CopyTo(routing.TopKWeights(0));
        selection.Revise(1, routing, 1);
        Assert.Equal([0, 4], routing.TopKIds(0).ToArray());

        // in another layer nobody was: all are equal, and the first is taken
        new[] { 5, 1 }.CopyTo(routing.TopKIds(0));
        selection.Revise(0, routing, 1);
        Assert.Equal([5, 0], routing.TopKIds(0).ToArray());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Prompt_IsSubstitutedForOnlyWhenAsked(bool applies)
    {
        BuddyOptions options = new() { MaxGap = 1, AppliesToPrompts = applies };
        int[] ids = Revise(options, [10, 9, 8, 5, 1, 0], [0, 1], [0.6f, 0.4f], missing: [1], isDecode: false);
        Assert.Equal(applies ? [0, 2] : [0, 1], ids);
    }

    [Fact]
    public void NoGap_IsTheExactModel_WhateverTheBudget()
    {
        using Demo exact = Demo.Load(RepositoryFiles.DemoModel, new MoeOptions { Threads = 1 });
        foreach (int slots in new[] { 10, 40, 120 })
        {
            using Demo model = Load(new BuddyOptions { MaxGap = 0 }, slots);
            Assert.Equal(GeneratedText.Tokens(exact, s_prompt, 60), GeneratedText.Tokens(model, s_prompt, 60));
            Assert.Equal(0, model.Statistics.SkippedShare);
        }
    }

    [Fact]
    public void Gap_SavesReads_AndIsCounted()
    {
        using Demo exact = Load(new BuddyOptions { MaxGap = 0 }, 40), model = Load(new BuddyOptions { MaxGap = 0.3f }, 40);
        _ = GeneratedText.Tokens(exact, s_prompt, 60);
        _ = GeneratedText.Tokens(model, s_prompt, 60);
        Assert.True(model.Statistics.Misses < exact.Statistics.Misses);
        Assert.InRange(model.Statistics.SkippedShare, 0.001, 0.5);
        Assert.Equal(0, exact.Statistics.SkippedShare);
    }

    [Fact]
    public void OptionsOutOfRange_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Offloading.Buddy(new BuddyOptions { MaxGap = -0.1f }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Offloading.Buddy(new BuddyOptions { MinEntropy = 1.1f }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Offloading.Buddy(new BuddyOptions { MaxMissingShare = float.NaN }));
    }

    private static int[] Revise(BuddyOptions options, float[] logits, int[] ids, float[] weights, int[] missing, bool isDecode = true)
    {
        using BuddySelection selection = new(Setup(new FakeResidency(missing)), options);
        using Routing routing = new(6, 2, 1);
        logits.CopyTo(routing.Logits[0]);
        ids.CopyTo(routing.TopKIds(0));
        weights.CopyTo(routing.TopKWeights(0));
        selection.OnPassStart(new SelectionPass(isDecode ? Segments.Step : Segments.Prompt(1)));
        selection.Revise(0, routing, 1);
        return routing.TopKIds(0).ToArray();
    }

    private static SelectionSetup Setup(IResidency residency) => new(s_grid, "0123456789abcdef", residency);

    private static Demo Load(BuddyOptions options, int slots) => Demo.Load(
        RepositoryFiles.DemoModel,
        new MoeOptions { Threads = 1, ExpertSlots = slots, Offloading = Offloading.Buddy(options, Offloading.LfuOfSequence()) });
}
