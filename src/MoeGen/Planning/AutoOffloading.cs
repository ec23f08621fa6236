using System.Diagnostics;
using System.Globalization;
using MoeGen.Experts;
using MoeGen.Experts.Cache;
using MoeGen.Simulation;
using MoeGen.Traces;

namespace MoeGen.Planning;

/// <summary>
/// Picks a method for a model, a memory budget and the machine at hand: runs the model for some tokens, records what its routers choose and
/// how fast experts arrive, and replays that with every exact method in virtual time, through the scheduler that would run it.
/// </summary>
/// <remarks>
/// Which method is best depends on how the model routes, on how many experts fit and on how fast the disk is against the processor, and no
/// rule of thumb knows all three. Only exact methods are considered.
/// </remarks>
public static class AutoOffloading
{
    // methods that are there to be compared with, not to be used
    private static readonly string[] s_neverChosen = ["resident", "on-demand"];

    /// <summary>Chooses. Takes as long as loading the model and decoding the profile's tokens.</summary>
    /// <param name="load">Loads the model with the options that it is given.</param>
    /// <param name="options">How the model will run; its offloading is what is looked for.</param>
    /// <param name="auto">Length of the profile; null: the defaults.</param>
    /// <param name="cancellationToken">Stops between two layers.</param>
    /// <exception cref="MemoryBudgetTooSmallException">The model does not run in the budget.</exception>
    /// <exception cref="IOException">The disk has no room for the trace of the profile.</exception>
    public static AutoChoice Choose(
        Func<MoeOptions, MoeModel> load, MoeOptions options, AutoOptions? auto = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(load);
        ArgumentNullException.ThrowIfNull(options);
        auto ??= new AutoOptions();
        auto.Validate();
        string trace = Path.Combine(Path.GetTempPath(), $"moegen-profile-{Guid.NewGuid():n}.safetensors");
        try
        {
            auto.Progress?.Invoke("loading for a profile");
            using MoeModel model = load(options with { Offloading = Offloading.Lru() });
            if (model.MemoryPlan.IsResident)
            {
                return new AutoChoice(Offloading.FineMoE(), "every expert fits into the memory budget: nothing is read while it runs", []);
            }

            auto.Progress?.Invoke("running a profile");
            MachineProfile machine = Record(model, auto, trace, cancellationToken);
            auto.Progress?.Invoke("simulating methods");
            List<(Offloading Offloading, double TpotMs)> simulated = Simulate(model, machine, trace, cancellationToken);
            AutoCandidate[] candidates = [.. simulated.Select(method => new AutoCandidate(method.Offloading.Name, method.TpotMs))];
            return new AutoChoice(simulated[0].Offloading, Explain(model.MemoryPlan, machine, candidates), candidates);
        }
        finally
        {
            File.Delete(trace);
        }
    }

    private static MachineProfile Record(MoeModel model, AutoOptions auto, string path, CancellationToken cancellationToken)
    {
        Random random = new(auto.Seed);
        IReadOnlyList<int[]> prompts = auto.Prompts
            ?? [.. Enumerable.Range(0, auto.Sequences).Select(_ => new[] { random.Next(model.Info.VocabSize) })];
        using TraceRecorder recorder = new(path, model.Info);
        using TraceRun run = new(model, recorder, MoeOptions.DefaultPrefillChunk, prompts.Max(prompt => prompt.Length));
        SamplingOptions sampling = new() { Temperature = 1, Seed = auto.Seed, IgnoreEos = true };

        // the first text fills the cache
        OffloadingStatistics start = model.Statistics;
        long began = Stopwatch.GetTimestamp();
        for (int i = 0; i < prompts.Count; i++)
        {
            if (i == Math.Min(1, prompts.Count - 1))
            {
                (start, began) = (model.Statistics, Stopwatch.GetTimestamp());
            }

            run.Record(prompts[i], Math.Min(auto.Tokens, model.ContextLength - prompts[i].Length), sampling, cancellationToken);
        }

        MachineProfile machine = MachineProfile.Of(model.Info, model.Statistics.Since(start), Stopwatch.GetElapsedTime(began));
        recorder.Commit(cancellationToken);
        return machine;
    }

    private static List<(Offloading Offloading, double TpotMs)> Simulate(
        MoeModel model, MachineProfile machine, string path, CancellationToken cancellationToken)
    {
        using ActivationTrace trace = ActivationTrace.Open(path);
        Lazy<TraceFuture> future = TraceFuture.Of(trace, cancellationToken);
        List<(Offloading Offloading, double TpotMs)> candidates = [];
        foreach (Offloading offloading in Offloading.ExactNames.Except(s_neverChosen).Select(Preset))
        {
            SimulationSetup setup = new()
            {
                Trace = trace,
                Future = future,
                Policy = SimulationPolicy.Of(offloading),
                Hardware = machine.ToHardware(),
                NumSlots = model.MemoryPlan.NumSlots,
                ExpertBytes = SlotPool.SlotSize(model.Info.ExpertBytes),
            };
            SimulationResult result = Simulator.Run(setup, cancellationToken);
            candidates.Add((offloading, result.Decode.TimeNs / 1e6 / Math.Max(1, result.Decode.Tokens)));
        }

        return candidates.OrderBy(candidate => candidate.TpotMs).ToList();
    }

    private static Offloading Preset(string name)
    {
        bool isFound = Offloading.TryParse(name, out Offloading? offloading);
        Debug.Assert(isFound, "a name of the presets");
        return offloading!;
    }

    private static string Explain(MemoryPlan plan, MachineProfile machine, AutoCandidate[] candidates)
    {
        string others = string.Join(
            ", ", candidates.Skip(1).Select(other => string.Create(CultureInfo.InvariantCulture, $"{other.Name} {other.TpotMs:g3}")));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{plan.NumSlots} of {plan.NumExperts} experts fit, experts arrive at {machine.LinkBytesPerSecond / 1e9:g3} GB/s and weights are "
                + $"computed at {machine.ComputeBytesPerSecond / 1e9:g3} GB/s; replayed with what the model chose in a short run, a token takes "
                + $"{candidates[0].TpotMs:g3} ms with {candidates[0].Name} ({others})");
    }
}
