using MoeGen.Experts;
using MoeGen.Experts.Cache;
using MoeGen.Experts.Selection.VirtualExperts;

namespace MoeGen.Planning;

/// <summary>
/// Finds out how many Virtual Experts each layer should have within a memory budget, and how often they should be updated: profiles an
/// expert, looks for the knee of the update frequency, runs random allocations beside the exact model, learns from them what an allocation
/// does, and searches for the best one.
/// </summary>
/// <remarks>
/// Source: SwapMoE (arXiv 2308.15030), sections 3.3 and 3.4. Ours is that the search is repeated: what it finds is run, and the model learns
/// from that too, because a model is least reliable where a search has led it. The best of these runs becomes the plan.
/// </remarks>
internal sealed class SwapPlanner
{
    // what a search may give up in quality for a model that is twice as fast
    private const double LatencyWeight = 0.1;

    private const int SweepRounds = 3;
    private const int Refinements = 6;

    // plans use most of the budget, so that is where samples are
    private const double LeastShareOfBudget = 0.75;

    private readonly PlannedModel _planned;
    private readonly MoeOptions _options;
    private readonly PlanTexts _texts;
    private readonly PlannerOptions _choices;
    private readonly IProgress<PlanProgress> _progress;
    private readonly ExpertGrid _grid;
    private readonly PlanMemory _memory;
    private readonly PlanSpace _space;
    private IReadOnlyList<IReadOnlyList<float>>? _norms; // [layers][experts]; null: not measured yet
    private int[][]? _ranks; // [layers][experts] ids, the most important first

    /// <summary>Prepares to plan.</summary>
    /// <param name="planned">The model.</param>
    /// <param name="options">How it is to run; with a memory budget, which is not exceeded while the plan is made.</param>
    /// <param name="texts">What it is watched on.</param>
    /// <param name="choices">How thoroughly.</param>
    /// <param name="progress">Hears how far it is.</param>
    /// <exception cref="MemoryBudgetTooSmallException">The model does not run in the budget.</exception>
    /// <exception cref="PlanningException">There is nothing to plan.</exception>
    public SwapPlanner(
        PlannedModel planned, MoeOptions options, PlanTexts texts, PlannerOptions choices, IProgress<PlanProgress> progress)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(choices.Samples, PlannerOptions.LeastSamples, nameof(choices));
        _planned = planned;
        _options = options;
        _texts = texts;
        _choices = choices;
        _progress = progress;
        _grid = ExpertCache.GridOf(planned.Info);
        _memory = Check(planned, options);
        _space = new PlanSpace(_grid, _memory.MaxTotal);
    }

    /// <summary>Refuses what there is no plan for, before anything is loaded.</summary>
    /// <param name="planned">The model.</param>
    /// <param name="options">How it is to run, with a memory budget.</param>
    /// <returns>Its memory by number of Virtual Experts.</returns>
    /// <exception cref="MemoryBudgetTooSmallException">The model does not run in the budget.</exception>
    /// <exception cref="PlanningException">There is nothing to plan.</exception>
    public static PlanMemory Check(PlannedModel planned, MoeOptions options)
    {
        PlanningException.ThrowUnlessPlannable(planned.Info);
        PlanMemory memory = new(planned.Info, options, new SwapOptions());
        return memory.IsResident ? throw PlanningException.NothingToPlan(planned.Info, memory.ResidentBytes) : memory;
    }

    /// <summary>Makes the plan.</summary>
    /// <param name="cancellationToken">Stops, within a token.</param>
    public PlanResult Run(CancellationToken cancellationToken)
    {
        Report("measuring an expert", 0, 1);
        ExpertProfile profile = ExpertProfiler.Measure(_planned, _options, _texts, cancellationToken);
        Report("running the exact model", 0, 1);
        ExpertRanking ranking = new(_grid, MeasureNorms(cancellationToken));
        using SwapTrial trial = SwapTrial.Start(_planned, _options, _texts.Fit, _texts.PromptLength, ranking, cancellationToken);
        _ranks = ranking.Rank();
        List<SwapRun> runs = [];
        UpdateSweep sweep = Sweep(trial, runs, cancellationToken);
        Sample(trial, sweep.Best, runs, cancellationToken);
        SwapRun best = Refine(trial, profile, sweep, runs, out QualityModel quality, cancellationToken);
        int[] experts = [.. best.Sample.Configuration.ExpertsPerLayer];
        SwapPlan plan = PlanOf(best.Sample.Configuration) with
        {
            PredictedBytes = _memory.BytesFor(experts.Sum()),
            PredictedTpotMs = profile.TpotMs(experts) + sweep.BestMs,
            PredictedAgreement = quality.Predict(experts, sweep.Best).Agreement,
        };
        PlanResult result = new()
        {
            Plan = plan,
            Space = _space,
            Profile = profile,
            Sweep = sweep,
            Error = quality.Error,
            Runs = runs,
            Fitted = best,
        };
        return _choices.Compares ? Compare(result, cancellationToken) : result;
    }

    // the method measures them when it is loaded without a plan that has them
    private float[] MeasureNorms(CancellationToken cancellationToken)
    {
        using MoeModel model = _planned.Load(_options with { Offloading = Offloading.SwapMoE() }, cancellationToken);
        float[] norms = ((VirtualExpertSelection)model.ExpertCache.Selection!).Norms.ToArray();
        _norms = [.. norms.Chunk(_grid.NumExperts)];
        return norms;
    }

    private UpdateSweep Sweep(SwapTrial trial, List<SwapRun> runs, CancellationToken cancellationToken)
    {
        List<double>[] tpotMs = [.. UpdateSweep.Intervals.Select(_ => new List<double>())];
        int total = SweepRounds * tpotMs.Length;
        for (int run = 0; run < total; run++)
        {
            Report("trying update intervals", run, total);
            int setting = run % tpotMs.Length;
            runs.Add(RunOf(trial, new SwapConfiguration(UpdateSweep.Intervals[setting], _space.Even()), cancellationToken));
            tpotMs[setting].Add(runs[^1].TpotMs);
        }

        return new UpdateSweep(tpotMs);
    }

    // half of them under the interval that will be used, the others under any
    private void Sample(SwapTrial trial, int interval, List<SwapRun> runs, CancellationToken cancellationToken)
    {
        Random random = new(_choices.Seed);
        for (int i = 0; i < _choices.Samples; i++)
        {
            Report("running random allocations", i, _choices.Samples);
            int drawn = UpdateSweep.Intervals[random.Next(UpdateSweep.Intervals.Count)];
            int[] experts = _space.Draw(random, (int)(LeastShareOfBudget * _space.MaxTotal));
            runs.Add(RunOf(trial, new SwapConfiguration(i % 2 == 0 ? interval : drawn, experts), cancellationToken));
        }
    }

    private SwapRun Refine(
        SwapTrial trial, ExpertProfile profile, UpdateSweep sweep, List<SwapRun> runs, out QualityModel quality,
        CancellationToken cancellationToken)
    {
        double Cost(int[] experts) => LatencyWeight * profile.TpotMs(experts) / profile.FullMs;
        for (int refinement = 0; refinement < Refinements; refinement++)
        {
            Report("searching", refinement, Refinements);
            QualityModel model = Learn(runs, cancellationToken);
            GeneticSearch search = new(
                _space, experts => model.Predict(experts, sweep.Best).Score - Cost(experts), _choices.Seed + refinement);
            int[] found = search.Run(_space.Even(), cancellationToken);
            search.Fill(found);
            runs.Add(RunOf(trial, new SwapConfiguration(sweep.Best, found), cancellationToken));
        }

        quality = Learn(runs, cancellationToken);
        return runs
            .Where(run => run.Sample.Configuration.UpdateInterval == sweep.Best)
            .MaxBy(run => QualityForecast.ScoreOf(run.Sample.Divergence) - Cost([.. run.Sample.Configuration.ExpertsPerLayer]))!;
    }

    private QualityModel Learn(List<SwapRun> runs, CancellationToken cancellationToken) =>
        QualityModel.Learn([.. runs.Select(run => run.Sample)], _grid, _choices.Seed, cancellationToken);

    private PlanResult Compare(PlanResult result, CancellationToken cancellationToken)
    {
        Report("comparing with an even allocation", 0, 3);
        using SwapTrial trial = SwapTrial.Start(_planned, _options, _texts.HeldOut, _texts.PromptLength, observer: null, cancellationToken);
        Report("comparing with an even allocation", 1, 3);
        SwapRun planned = RunOf(trial, result.Fitted.Sample.Configuration, cancellationToken);
        Report("comparing with an even allocation", 2, 3);
        SwapRun even = RunOf(trial, new SwapConfiguration(result.Plan.UpdateInterval, _space.Even()), cancellationToken);
        return result with { Planned = planned, Even = even };
    }

    private SwapRun RunOf(SwapTrial trial, SwapConfiguration configuration, CancellationToken cancellationToken) =>
        trial.Run(configuration, Offloading.SwapMoE(new SwapOptions { Plan = PlanOf(configuration) }), cancellationToken);

    private SwapPlan PlanOf(SwapConfiguration configuration) => new()
    {
        Fingerprint = _planned.Info.Fingerprint,
        BudgetBytes = _options.MemoryBudget!.Value.Bytes,
        UpdateInterval = configuration.UpdateInterval,
        ExpertsPerLayer = configuration.ExpertsPerLayer,
        Norms = _norms,
        InitialExperts = [.. configuration.ExpertsPerLayer.Select((count, layer) => _ranks![layer][..count])],
    };

    private void Report(string stage, int done, int total) => _progress.Report(new PlanProgress(stage, done, total));
}
