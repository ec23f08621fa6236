using System.Diagnostics;
using System.Globalization;
using MoeGen.Engine.Sampling;
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
/// rule of thumb knows all three. Methods that are not exact are considered where a tolerance is given, and then run for real: what they
/// change of the routing is not in the trace.
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
            List<ProfileText> texts = [];
            AutoChoice exact = ChooseExact(load, options, auto, trace, texts, out bool hasTwins, cancellationToken);
            return auto.Tolerance is { } tolerance && exact.Candidates.Count > 0
                ? ChooseWithin(tolerance, exact, new LossyTrial(load, options, texts, hasTwins), auto, cancellationToken)
                : exact;
        }
        finally
        {
            File.Delete(trace);
        }
    }

    private static AutoChoice ChooseExact(
        Func<MoeOptions, MoeModel> load, MoeOptions options, AutoOptions auto, string trace, List<ProfileText> texts,
        out bool hasTwins, CancellationToken cancellationToken)
    {
        using MoeModel model = load(options with { Offloading = Offloading.Lru() });
        hasTwins = model.HasTwins;
        if (model.MemoryPlan.IsResident)
        {
            return new AutoChoice(Offloading.FineMoE(), "every expert fits into the memory budget: nothing is read while it runs", []);
        }

        auto.Progress?.Invoke("running a profile");
        MachineProfile machine = Record(model, auto, trace, texts, cancellationToken);
        auto.Progress?.Invoke("simulating methods");
        List<(Offloading Offloading, double TpotMs)> simulated = Simulate(model, options, machine, trace, cancellationToken);
        AutoCandidate[] candidates = [.. simulated.Select(method => new AutoCandidate(method.Offloading.Name, method.TpotMs, null))];
        return new AutoChoice(simulated[0].Offloading, Explain(model.MemoryPlan, machine, candidates), candidates);
    }

    // times of runs are compared with the time of a run, not with a simulated one
    private static AutoChoice ChooseWithin(
        double tolerance, AutoChoice exact, LossyTrial trial, AutoOptions auto, CancellationToken cancellationToken)
    {
        auto.Progress?.Invoke("trying methods that are not exact");
        AutoCandidate measured = trial.Measure(exact.Offloading, cancellationToken);
        List<(Offloading Offloading, AutoCandidate Candidate)> lossy = trial.Run(tolerance, cancellationToken);
        lossy.Sort((a, b) => a.Candidate.TpotMs.CompareTo(b.Candidate.TpotMs));
        (Offloading Offloading, AutoCandidate Candidate) best =
            lossy.Count > 0 && lossy[0].Candidate.TpotMs < measured.TpotMs ? lossy[0] : (exact.Offloading, measured);
        string changed = best.Offloading.IsExact
            ? FormattableString.Invariant($"no method that changes at most {tolerance:p0} of the tokens was faster")
            : FormattableString.Invariant($"{best.Candidate.Name} took {best.Candidate.TpotMs:g3} and changed ")
                + FormattableString.Invariant($"{1 - best.Candidate.Agreement:p1} of the tokens, ")
                + FormattableString.Invariant($"of which {tolerance:p0} may change");
        AutoCandidate[] candidates =
            [.. exact.Candidates.Concat(lossy.Select(method => method.Candidate)).OrderBy(candidate => candidate.TpotMs)];
        string explanation = FormattableString.Invariant($"{exact.Explanation}; run for real it took {measured.TpotMs:g3} ms, and {changed}");
        return new AutoChoice(best.Offloading, explanation, candidates);
    }

    private static MachineProfile Record(
        MoeModel model, AutoOptions auto, string path, List<ProfileText> texts, CancellationToken cancellationToken)
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

            List<int> tokens = [.. prompts[i]], best = [];
            int numTokens = Math.Min(auto.Tokens, model.ContextLength - prompts[i].Length);
            run.Record(prompts[i], numTokens, sampling, cancellationToken, (logits, token) =>
            {
                best.Add(Sampler.IndexOfLargest(logits));
                tokens.Add(token);
            });
            texts.Add(new ProfileText([.. tokens], prompts[i].Length, [.. best]));
        }

        MachineProfile machine = MachineProfile.Of(model.Info, model.Statistics.Since(start), Stopwatch.GetElapsedTime(began));
        recorder.Commit(cancellationToken);
        return machine;
    }

    private static List<(Offloading Offloading, double TpotMs)> Simulate(
        MoeModel model, MoeOptions options, MachineProfile machine, string path, CancellationToken cancellationToken)
    {
        using ActivationTrace trace = ActivationTrace.Open(path);
        Lazy<TraceFuture> future = TraceFuture.Of(trace, cancellationToken);
        List<(Offloading Offloading, double TpotMs)> candidates = [];
        foreach (Offloading offloading in Offloading.ExactNames.Except(s_neverChosen).Select(Preset))
        {
            if (!TryCountSlots(model.Info, options with { Offloading = offloading }, out int numSlots))
            {
                continue;
            }

            SimulationSetup setup = new()
            {
                Trace = trace,
                Future = future,
                Policy = SimulationPolicy.Of(offloading),
                Hardware = machine.ToHardware(),
                NumSlots = numSlots,
                ExpertBytes = SlotPool.SlotSize(model.Info.ExpertBytes),
            };
            SimulationResult result = Simulator.Run(setup, cancellationToken);
            candidates.Add((offloading, result.Decode.TimeNs / 1e6 / Math.Max(1, result.Decode.Tokens)));
        }

        return candidates.OrderBy(candidate => candidate.TpotMs).ToList();
    }

    // what a method holds for itself is not there for slots, and may leave too little
    private static bool TryCountSlots(ModelInfo info, MoeOptions options, out int numSlots)
    {
        try
        {
            numSlots = MemoryPlan.For(info, options).NumSlots;
            return true;
        }
        catch (MemoryBudgetTooSmallException)
        {
            numSlots = 0;
            return false;
        }
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
