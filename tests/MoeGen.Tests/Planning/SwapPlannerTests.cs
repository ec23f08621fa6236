using MoeGen.Models;
using MoeGen.Planning;
using MoeGen.Testing;

namespace MoeGen.Tests.Planning;

public class SwapPlannerTests
{
    private const int PromptLength = 8;

    private static readonly PlannedModel s_demo = new(
        Demo.ModelInfo, (options, cancellationToken) => Demo.Load(RepositoryFiles.DemoModel, options, cancellationToken));

    private static readonly MoeOptions s_options = new() { MemoryBudget = new ByteSize(13 << 20), Threads = 1, ContextLength = 64 };

    private static readonly PlanTexts s_texts = new([Text(1), Text(2)], [Text(3)], PromptLength);

    [Fact]
    public void Run_PlansWithinTheBudget()
    {
        List<PlanProgress> progress = [];
        PlannerOptions choices = new() { Samples = 6, Seed = 4, Compares = true };
        PlanResult result = new SwapPlanner(s_demo, s_options, s_texts, choices, new Recorder(progress)).Run(TestContext.Current.CancellationToken);

        Assert.True(result.Space.Contains([.. result.Plan.ExpertsPerLayer]));
        Assert.Equal(Demo.ModelInfo.Fingerprint, result.Plan.Fingerprint);
        Assert.Contains(result.Plan.UpdateInterval, UpdateSweep.Intervals);
        Assert.InRange(result.Plan.PredictedAgreement!.Value, 0, 1);
        Assert.True(result.Plan.PredictedTpotMs > 0);
        Assert.Equal(result.Fitted.Memory.TotalBytes, result.Plan.PredictedBytes);
        Assert.InRange(result.Plan.PredictedBytes!.Value, 1, s_options.MemoryBudget!.Value.Bytes);
        Assert.All(result.Runs, run => Assert.InRange(run.Memory.TotalBytes, 1, s_options.MemoryBudget!.Value.Bytes));

        // each layer begins with its most important experts, whose norms need not be read again
        Assert.Equal(result.Plan.ExpertsPerLayer, result.Plan.InitialExperts!.Select(experts => experts.Count));
        Assert.All(result.Plan.InitialExperts!, experts => Assert.Equal(experts.Count, experts.Distinct().Count()));
        Assert.All(result.Plan.Norms!, norms => Assert.Equal(24, norms.Count(norm => norm > 0)));

        // an even allocation was among the runs, and nothing that was run is better than the plan at its interval
        Assert.Contains(result.Runs, run => run.Sample.Configuration.ExpertsPerLayer.SequenceEqual(result.Space.Even()));
        Assert.All(
            result.Runs.Where(run => run.Sample.Configuration.UpdateInterval == result.Plan.UpdateInterval),
            run => Assert.True(run.Sample.Divergence >= result.Fitted.Sample.Divergence - 0.2));
        Assert.Equal(result.Plan.ExpertsPerLayer, result.Planned!.Sample.Configuration.ExpertsPerLayer);
        Assert.Equal(result.Space.Even(), result.Even!.Sample.Configuration.ExpertsPerLayer);

        // what is still to be done never grows within a stage
        Assert.All(progress, step => Assert.InRange(step.Done, 0, step.Total));
        Assert.True(progress.Select(step => step.Stage).Distinct().Count() >= 5);
    }

    [Fact]
    public void Profile_KnowsBytesAndTakesTime()
    {
        ExpertProfile profile = ExpertProfiler.Measure(s_demo, s_options, s_texts, TestContext.Current.CancellationToken);
        Assert.Equal((110592, 5, 4), (profile.Bytes, profile.NumLayers, profile.TopK));
        Assert.True(profile.LoadMs > 0);
        Assert.True(profile.ComputeMs >= 0);
        Assert.True(profile.FullMs > 0);
    }

    [Fact]
    public void Trial_OfAllExperts_IsTheExactModel()
    {
        using SwapTrial trial = SwapTrial.Start(
            s_demo, s_options, s_texts.Fit, PromptLength, observer: null, TestContext.Current.CancellationToken);
        SwapConfiguration any = new(1, [24, 24, 24, 24, 24]);
        SwapRun exact = trial.Run(any, Offloading.LruPerLayer(), TestContext.Current.CancellationToken);
        Assert.Equal((1, 0), (exact.Sample.Agreement, exact.Sample.Divergence));
        SwapRun few = trial.Run(any, Offloading.NormPruning(), TestContext.Current.CancellationToken);
        Assert.True(few.Sample.Divergence > 0.01);
        Assert.True(few.Sample.Agreement < 1);
    }

    [Fact]
    public void Ranking_PutsWhatContributesFirst()
    {
        // a layer's experts are alike but for one with a norm that outweighs all others
        float[] norms = [.. Enumerable.Range(0, 120).Select(key => key % 24 == 7 ? 1000f : 1f)];
        ExpertRanking ranking = new(new(5, 24, 4), norms);
        using (SwapTrial.Start(s_demo, s_options, s_texts.Fit, PromptLength, ranking, TestContext.Current.CancellationToken))
        {
            int[][] ranks = ranking.Rank();
            Assert.All(ranks, experts => Assert.Equal(Enumerable.Range(0, 24), experts.Order()));
            Assert.True(ranks.Count(experts => experts[0] == 7) >= 4);
        }
    }

    [Fact]
    public void BudgetBelowTheFloor_IsRefused()
    {
        MoeOptions options = s_options with { MemoryBudget = new ByteSize(1 << 20) };
        Assert.Throws<MemoryBudgetTooSmallException>(() => SwapPlanner.Check(s_demo, options));
    }

    [Fact]
    public void BudgetForAllExperts_LeavesNothingToPlan()
    {
        PlanningException exception = Assert.Throws<PlanningException>(
            () => SwapPlanner.Check(s_demo, s_options with { MemoryBudget = ByteSize.GiB(1) }));
        Assert.Contains("holds all 120 experts of Demo, so there is nothing to plan; expected less than", exception.Message);
    }

    [Fact]
    public void ModelsThatAreNotPlannedFor_AreRefused()
    {
        PlanningException none = Assert.Throws<PlanningException>(
            () => SwapPlanner.Check(s_demo with { Info = Demo.ModelInfo with { SparseLayers = [] } }, s_options));
        Assert.Contains("Demo has no experts", none.Message);
        PlanningException encoder = Assert.Throws<PlanningException>(
            () => SwapPlanner.Check(s_demo with { Info = Demo.ModelInfo with { NumEncoderLayers = 2 } }, s_options));
        Assert.Contains("Demo has an encoder", encoder.Message);
    }

    [Fact]
    public void Interruption_Stops()
    {
        using CancellationTokenSource source = new();
        Recorder progress = new([]) { OnReport = step => Cancel(step, source) };
        SwapPlanner planner = new(s_demo, s_options, s_texts, new PlannerOptions { Samples = 6 }, progress);
        Assert.ThrowsAny<OperationCanceledException>(() => planner.Run(source.Token));
    }

    private static void Cancel(PlanProgress step, CancellationTokenSource source)
    {
        if (step.Stage.Contains("intervals", StringComparison.Ordinal))
        {
            source.Cancel();
        }
    }

    private static int[] Text(int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, 40).Select(_ => random.Next(Demo.ModelInfo.VocabSize))];
    }

    private sealed class Recorder(List<PlanProgress> steps) : IProgress<PlanProgress>
    {
        public Action<PlanProgress> OnReport { get; init; } = _ => { };

        public void Report(PlanProgress value)
        {
            steps.Add(value);
            OnReport(value);
        }
    }
}
