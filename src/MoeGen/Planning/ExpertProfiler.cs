using System.Diagnostics;
using MoeGen.Evaluation;
using MoeGen.Experts;
using MoeGen.Experts.Cache;
using MoeGen.Experts.Eviction;

namespace MoeGen.Planning;

/// <summary>
/// Measures what one expert costs here: its bytes are known, reading is timed on the files that the model reads from, computing by the
/// real engine, whose decode steps run one expert of each layer and several in turn.
/// </summary>
internal static class ExpertProfiler
{
    private const int Rounds = 3;
    private const int ReadsPerLayer = 3;

    /// <summary>Measures.</summary>
    /// <param name="planned">The model.</param>
    /// <param name="options">How it runs; its method is not used.</param>
    /// <param name="texts">What it computes; <see cref="PlanTexts.Fit"/> is used.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static ExpertProfile Measure(PlannedModel planned, MoeOptions options, PlanTexts texts, CancellationToken cancellationToken)
    {
        ExpertGrid grid = ExpertCache.GridOf(planned.Info);
        int most = 1;
        MoeOptions profiled = options with
        {
            Offloading = new Offloading
            {
                Name = "profile",
                IsExact = false,
                CreateEviction = _ => new LruEviction(),
                CreateSelection = setup => new ProfileSelection(setup.Grid, most),
            },
        };

        // what does not fit would be read again for every token
        MemoryPlan memory = MemoryPlan.For(planned.Info, profiled);
        most = Math.Clamp(memory.NumSlots / grid.NumLayers, 1, grid.TopK);
        using MoeModel model = planned.Load(profiled, cancellationToken);
        double loadMs = MeasureLoad(model.ExpertCache, planned.Info, cancellationToken);
        (double oneMs, double mostMs) = MeasureSteps(model, texts, most, cancellationToken);
        double computeMs = most == 1 ? 0 : Math.Max(0, (mostMs - oneMs) / (grid.NumLayers * (most - 1)));
        return new ExpertProfile(
            memory.SlotBytes, loadMs, computeMs, mostMs - (grid.NumLayers * most * computeMs), grid.NumLayers, grid.TopK);
    }

    private static unsafe double MeasureLoad(ExpertCache cache, ModelInfo info, CancellationToken cancellationToken)
    {
        using IExpertSource source = cache.OpenSource();
        using SlotPool pool = new(1, info.ExpertBytes);
        List<double> times = [];
        foreach (int layer in info.SparseLayers)
        {
            for (int read = 0; read <= ReadsPerLayer; read++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                long start = Stopwatch.GetTimestamp();
                for (int piece = 0; piece < source.NumPieces; piece++)
                {
                    source.Read(layer, read % info.NumExperts, piece, pool.Address(0));
                }

                if (read > 0)
                {
                    // the first one makes buffers
                    times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                }
            }
        }

        return Percentile.Of(times, 0.5);
    }

    // medians of steps that run one expert of each layer, and of those that run most; of several rounds the least, as chance only makes
    // a step slower
    private static (double OneMs, double MostMs) MeasureSteps(
        MoeModel model, PlanTexts texts, int most, CancellationToken cancellationToken)
    {
        double oneMs = double.PositiveInfinity, mostMs = double.PositiveInfinity;
        using TextWalk walk = new(model, texts.PromptLength);
        for (int round = 0; round <= Rounds; round++)
        {
            List<double> ofOne = [], ofMost = [];
            foreach (int[] text in texts.Fit)
            {
                walk.Start(text);
                walk.MoveNext(cancellationToken);
                while (TryStep(model, walk, out double ms, cancellationToken))
                {
                    (((ProfileSelection)model.ExpertCache.Selection!).NumChosen == most ? ofMost : ofOne).Add(ms);
                }
            }

            // the first round brings experts into memory, and code is compiled
            if (round > 0)
            {
                oneMs = Math.Min(oneMs, ofOne.Count == 0 ? 0 : Percentile.Of(ofOne, 0.5));
                mostMs = Math.Min(mostMs, Percentile.Of(ofMost, 0.5));
            }
        }

        return (oneMs, mostMs);
    }

    // waiting for the disk is not computing
    private static bool TryStep(MoeModel model, TextWalk walk, out double ms, CancellationToken cancellationToken)
    {
        TimeSpan stalled = model.Statistics.StallTime;
        long start = Stopwatch.GetTimestamp();
        bool hasStep = walk.MoveNext(cancellationToken);
        TimeSpan time = Stopwatch.GetElapsedTime(start);
        ms = (time - (model.Statistics.StallTime - stalled)).TotalMilliseconds;
        return hasStep;
    }
}
