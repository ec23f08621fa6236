using System.CommandLine;
using System.CommandLine.Parsing;
using MoeGen.Cli.Output;
using MoeGen.Simulation;
using MoeGen.Traces;

namespace MoeGen.Cli.Commands;

/// <summary>`moegen simulate TRACE`: replays a trace against policies, cache sizes and a machine, in virtual time.</summary>
internal sealed class SimulateCommand
{
    private const string All = "all";
    private const string DefaultHardware = "nvme-cpu";
    private const string DefaultSlots = "75%,50%,35%,20%";

    // cache sizes as multiples of topK, around the 2 that the paper found best, and lengths that are powers of two
    private static readonly double[] s_cacheRatios = [1, 1.5, 2, 3, 4];
    private static readonly int[] s_segmentLengths = [4, 16, 64, 256];

    private readonly Argument<string> _trace = new("TRACE") { Description = "A file that `moegen trace` has written." };

    private readonly Option<SimulationPolicy[]> _offload = new("--offload")
    {
        Description = $"Policies, separated by commas: {string.Join(", ", SimulationPolicy.Names)}; default: {All}. Also variants of finemoe: "
            + $"{string.Join(", ", SimulationPolicy.AblationNames)}.",
        CustomParser = result => ParseList(
            result, text => SimulationPolicy.TryParse(text, out SimulationPolicy? policy) ? policy : null,
            $"{All} or some of {string.Join(", ", SimulationPolicy.Names)}"),
        HelpName = "NAMES",
    };

    private readonly Option<CacheSize[]> _slots = new("--slots")
    {
        Description = $"Cache sizes, separated by commas: shares of all experts, or slots; default: {DefaultSlots}.",
        CustomParser = result => ParseList(result, CacheSize.ParseSlots, "numbers, or percentages up to 100%, such as 75%,50%,96"),
        HelpName = "SIZES",
    };

    private readonly Option<CacheSize[]> _budget = new("--budget")
    {
        Description = "Instead of --slots: bytes for dense weights and experts, separated by commas, e.g. 3GiB,6GiB. KV cache and working "
            + "memory are not counted.",
        CustomParser = result => ParseList(result, CacheSize.ParseBudget, "sizes like 3GiB,800MB"),
        HelpName = "SIZES",
    };

    private readonly Option<string> _hardware = new("--hardware")
    {
        Description = $"Machine: {string.Join(", ", HardwareProfile.Names)}, or a JSON file; default: {DefaultHardware}.",
        DefaultValueFactory = _ => DefaultHardware,
        HelpName = "NAME|FILE",
    };

    private readonly Option<ByteSize?> _expertBytes = RunOptions.Size(
        "--expert-bytes", "Bytes of an expert, e.g. 17MB; default: those of the model that was recorded.", "17MB, 4MiB");

    private readonly Option<float> _train = RunOptions.Number(
        "--train", "Share of the sequences, the first ones, that only prefetchers hear before the simulation starts.", 0,
        value => value is >= 0 and < 1, "0 or above, and below 1");

    private readonly Option<bool> _consistency = new("--consistency")
    {
        Description = "Also measures the trace's local routing consistency: whether caching its experts can pay at all.",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Prints one JSON object." };
    private readonly CliStreams _streams;

    private SimulateCommand(CliStreams streams)
    {
        _streams = streams;
    }

    public static Command Create(CliStreams streams)
    {
        SimulateCommand simulate = new(streams);
        Command command = new("simulate", "Replays a trace against policies, cache sizes and a machine, in virtual time.")
        {
            simulate._trace, simulate._offload, simulate._slots, simulate._budget, simulate._hardware, simulate._expertBytes,
            simulate._train, simulate._consistency, simulate._json,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(simulate._slots) is not null && result.GetResult(simulate._budget) is not null)
            {
                result.AddError("--slots and --budget are both given; expected one of them.");
            }
        });
        CommandLine.SetAction(command, simulate.Run);
        return command;
    }

    private void Run(ParseResult parsed, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(_trace)!;
        if (!File.Exists(path))
        {
            throw new CliException($"{path}: does not exist; expected a file that `moegen trace` has written");
        }

        HardwareProfile hardware = FindHardware(parsed.GetValue(_hardware)!);
        using ActivationTrace trace = ActivationTrace.Open(path);
        long expertBytes = parsed.GetValue(_expertBytes)?.Bytes ?? trace.Info.ExpertBytes;
        CacheSize[] sizes = Given(parsed.GetValue(_budget)) ?? Given(parsed.GetValue(_slots))
            ?? [.. DefaultSlots.Split(',').Select(text => CacheSize.ParseSlots(text)!)];
        SimulationPolicy[] policies = Given(parsed.GetValue(_offload)) ?? [.. SimulationPolicy.Names.Select(FindPolicy)];
        SimulationSetup any = new()
        {
            Trace = trace,
            Future = TraceFuture.Of(trace, cancellationToken),
            Policy = policies[0],
            Hardware = hardware,
            NumSlots = trace.Info.Grid.Count,
            ExpertBytes = expertBytes,
            TrainSequences = TrainSequences(trace, parsed.GetValue(_train)),
        };
        SimulationSetup[] setups = Setups(any, policies, sizes);
        if (!trace.HasNextProbabilities && policies.Any(policy => policy.Name == Offloading.NextLayerRouter().Name))
        {
            _streams.Error.WriteLine("moegen: the trace has no predictions of next layers' routers; next-router loads nothing ahead");
        }

        List<SimulationResult> results = [];
        using (ProgressLine progress = new(_streams, "simulating"))
        {
            long passes = trace.Passes.Count, all = passes * setups.Length;
            foreach (SimulationSetup setup in setups)
            {
                long before = passes * results.Count;
                void Report(int pass) => progress.Report(before + pass, all, $"{setups.Length} simulations");
                results.Add(Simulator.Run(setup, cancellationToken, Report));
            }
        }

        IReadOnlyList<ConsistencyPoint>? consistency = parsed.GetValue(_consistency)
            ? RoutingConsistency.Measure(trace, s_cacheRatios, s_segmentLengths, cancellationToken)
            : null;
        SimulationReport report = new(path, any, results, consistency);
        if (parsed.GetValue(_json))
        {
            report.WriteJson(_streams);
        }
        else
        {
            report.WriteText(_streams);
        }
    }

    // what is in memory as a whole is so for every size
    private static SimulationSetup[] Setups(SimulationSetup any, SimulationPolicy[] policies, CacheSize[] sizes)
    {
        int devices = any.Hardware.Devices;
        int[] slots = [.. sizes.Select(size => size.NumSlots(any.Trace.Info, any.ExpertBytes, devices)).Distinct()];
        return
        [
            .. policies.Where(policy => policy.IsResident).Select(policy => any with { Policy = policy }),
            .. from numSlots in slots
               from policy in policies
               where !policy.IsResident
               select any with { Policy = policy, NumSlots = numSlots },
        ];
    }

    private static int TrainSequences(ActivationTrace trace, float share)
    {
        int count = (int)Math.Round(share * trace.NumSequences);
        return count < trace.NumSequences
            ? count
            : throw new CliException(
                $"--train {share} takes all {trace.NumSequences} sequences of the trace; expected some to be left to simulate");
    }

    // an option that is not there has an empty list
    private static T[]? Given<T>(T[]? values) => values is { Length: > 0 } ? values : null;

    private static HardwareProfile FindHardware(string name)
    {
        if (HardwareProfile.TryParse(name, out HardwareProfile? profile))
        {
            return profile;
        }

        return File.Exists(name)
            ? HardwareProfileFile.Read(name)
            : throw new CliException(
                $"{name}: no such machine and no such file; expected one of {string.Join(", ", HardwareProfile.Names)}, or a JSON file");
    }

    private static SimulationPolicy FindPolicy(string name) =>
        SimulationPolicy.TryParse(name, out SimulationPolicy? policy) ? policy : throw new InvalidOperationException($"No policy {name}.");

    private static T[]? ParseList<T>(ArgumentResult result, Func<string, T?> parse, string expected)
        where T : class
    {
        string text = result.Tokens.Count == 0 ? "" : result.Tokens[0].Value;
        if (text == All && typeof(T) == typeof(SimulationPolicy))
        {
            return []; // as if the option were not there
        }

        List<T> values = [];
        foreach (string part in text.Split(','))
        {
            if (parse(part.Trim()) is not { } value)
            {
                // what a lossy method skips changes all that is routed behind it
                string why = typeof(T) == typeof(SimulationPolicy) && Offloading.LossyNames.Contains(part.Trim())
                    ? ", under which routers would have chosen others than the trace says"
                    : "";
                result.AddError($"{OptionName(result)} has {part.Trim()}{why}; expected {expected}.");
                return null;
            }

            values.Add(value);
        }

        return [.. values];
    }

    private static string OptionName(ArgumentResult result) => ((OptionResult)result.Parent!).Option.Name;
}
