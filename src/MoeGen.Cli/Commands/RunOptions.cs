using System.CommandLine;
using System.CommandLine.Parsing;
using MoeGen.Experts.Prefetch.ExpertMaps;
using MoeGen.Experts.Selection.VirtualExperts;
using MoeGen.Planning;
using WeightFormat = MoeGen.Generator.Spec.WeightFormat;

namespace MoeGen.Cli.Commands;

/// <summary>How to run a model, and under which methods one after the other.</summary>
/// <param name="Common">Everything but the method.</param>
/// <param name="Methods">The methods; there may be none.</param>
internal sealed record MethodOptions(MoeOptions Common, IReadOnlyList<Offloading> Methods)
{
    /// <summary>Formats of matrices in which the model is compared with the exact one, each with the exact experts.</summary>
    public IReadOnlyList<WeightFormat> Formats { get; init; } = [];
}

/// <summary>The options that every command has which runs a model.</summary>
internal sealed class RunOptions
{
    /// <summary>The --offload that stands for the best one.</summary>
    public const string Auto = "auto";

    private static readonly string[] s_devices = [.. Enum.GetNames<Device>().Select(name => name.ToLowerInvariant())];

    private static readonly string[] s_kvFormats = [.. Enum.GetNames<KeyValueFormat>().Select(name => name.ToLowerInvariant())];

    public Option<int?> Threads { get; } = Positive("--threads", "Threads that compute; default: one per processor.");

    public Option<bool> Pin { get; } = new("--pin")
    {
        Description = "Keeps each computing thread but the first on a processor of its own: faster where nothing else runs (Linux).",
    };

    public Option<int?> Context { get; } = Positive(
        "--context", $"Longest sequence in tokens; default: the model's, at most {MoeOptions.DefaultContextLength}.");

    public Option<ByteSize?> Budget { get; } = Size(
        "--budget",
        "Most memory to hold, e.g. 3GiB or 800MB: weights, KV cache, working memory. Experts that do not fit are read from disk as they are "
            + "needed. Default: most of the machine's memory.",
        "3GiB, 800MB");

    public Option<string> KvFormat { get; } = CreateKvFormat();

    public Option<string> Offload { get; } = new("--offload")
    {
        Description = "Which experts are kept and loaded ahead where the budget does not hold all of them: "
            + $"{string.Join(", ", Offloading.ExactNames)}; not exact: {string.Join(", ", Offloading.LossyNames)}; {Auto} finds out. "
            + "Choices of a method stand behind it, as in buddy:gap=0.1.",
        HelpName = "METHOD",
        DefaultValueFactory = _ => Offloading.FineMoE().Name,
    };

    public Option<double?> Tolerance { get; } = new("--tolerance")
    {
        Description = "Share of the tokens, 0 to 1, that may differ from the exact model's: "
            + $"lets --offload {Auto} choose a method that is not exact.",
        HelpName = "X",
    };

    /// <summary>--offload of a command that compares methods.</summary>
    public Option<string[]> Methods { get; } = new("--offload")
    {
        Description = "A method to compare with the exact model; given several times, each of them. Default: none, with --budget or "
            + $"--kv-format {Offloading.FineMoE().Name}.",
        HelpName = "METHOD",
    };

    public Option<string?> MapStore { get; } = new("--map-store")
    {
        Description = "File in which finemoe keeps its expert maps: read at the start if it is there, written at the end.",
        HelpName = "FILE",
    };

    public Option<string?> Plan { get; } = new("--plan")
    {
        Description = "File of a plan for swapmoe: how many experts of each layer are in memory. Without --budget, the budget is the plan's.",
        HelpName = "FILE",
    };

    private readonly MobileRunOptions _mobile = new();

    public Option<string> Device { get; } = Choice(
        "--device", "Where to compute; auto: on a GPU where there is one. A GPU needs a build of this tool with its GPU backend.",
        s_devices[0], s_devices);

    public RunOptions()
    {
        Offload.Validators.Add(result => CheckMethod(result, result.GetValueOrDefault<string>(), allowsAuto: true));
        Methods.Validators.Add(result =>
        {
            foreach (string method in result.GetValueOrDefault<string[]>() ?? [])
            {
                CheckMethod(result, method, allowsAuto: false);
            }
        });
        Tolerance.Validators.Add(
            result => Check<double?>(result, Tolerance, value => value is null or (>= 0 and <= 1), "0 to 1"));
    }

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="comparesMethods">Whether --offload may be given several times, for <see cref="ReadMethods"/>.</param>
    public void AddTo(Command command, bool comparesMethods = false)
    {
        command.Options.Add(Threads);
        command.Options.Add(Pin);
        command.Options.Add(Context);
        command.Options.Add(Budget);
        command.Options.Add(KvFormat);
        command.Options.Add(comparesMethods ? Methods : Offload);
        command.Options.Add(MapStore);
        command.Options.Add(Plan);
        _mobile.AddTo(command);
        if (!comparesMethods)
        {
            command.Options.Add(Tolerance);
        }

        command.Options.Add(Device);
    }

    public MoeOptions Read(ParseResult parsed)
    {
        MoeOptions common = ReadCommon(parsed);
        _mobile.Check(parsed, parsed.GetValue(Offload)!);
        if (ReadPlan(parsed) is { } plan)
        {
            return common with
            {
                MemoryBudget = common.MemoryBudget ?? new ByteSize(plan.BudgetBytes),
                Offloading = Offloading.SwapMoE(new SwapOptions { Plan = plan }),
            };
        }

        return common with { Offloading = ReadOffloading(parsed, parsed.GetValue(Offload)!) };
    }

    /// <summary>How a method is to be found; null: it was named.</summary>
    /// <exception cref="CliException">A tolerance, and a method that was named.</exception>
    public AutoOptions? ReadAuto(ParseResult parsed)
    {
        string name = parsed.GetValue(Offload)!;
        double? tolerance = parsed.GetValue(Tolerance);
        if (tolerance is not null && name != Auto)
        {
            throw new CliException($"--tolerance is of no use with --offload {name}; expected --offload {Auto}");
        }

        return name == Auto ? new AutoOptions { Tolerance = tolerance } : null;
    }

    /// <summary>Reads the options of a command that compares methods.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="formats">Formats that are compared, too.</param>
    public MethodOptions ReadMethods(ParseResult parsed, IReadOnlyList<WeightFormat> formats)
    {
        MoeOptions common = ReadCommon(parsed);
        string[] named = parsed.GetValue(Methods) ?? [];

        // who names a budget or a format wants to know what it does
        bool isChanged = common.MemoryBudget is not null || common.KeyValueFormat != KeyValueFormat.F32;
        string[] methods = named.Length == 0 && formats.Count == 0 && isChanged ? [Offloading.FineMoE().Name] : named;
        _mobile.Check(parsed, methods);
        return new MethodOptions(common, [.. methods.Distinct().Select(name => ReadOffloading(parsed, name))]) { Formats = formats };
    }

    /// <summary>The option that says how keys and values are held; <see cref="ReadKvFormat"/> reads it.</summary>
    public static Option<string> CreateKvFormat() => Choice(
        "--kv-format",
        "How keys and values of a text are held. f16 takes half of the memory of f32, q8 less than a third; both are near the exact model.",
        s_kvFormats[0], s_kvFormats);

    public static KeyValueFormat ReadKvFormat(ParseResult parsed, Option<string> option) =>
        Enum.Parse<KeyValueFormat>(parsed.GetValue(option)!, ignoreCase: true);

    /// <summary>An option that takes an integer of at least 1.</summary>
    public static Option<int?> Positive(string name, string description) => AtLeast(name, description, 1);

    /// <summary>An option that takes an integer of at least some bound.</summary>
    public static Option<int?> AtLeast(string name, string description, int min)
    {
        Option<int?> option = new(name) { Description = description, HelpName = "N" };
        option.Validators.Add(
            result => Check<int?>(result, option, value => value is null || value >= min, $"an integer of at least {min}"));
        return option;
    }

    /// <summary>An option that takes a number of bytes, at least one.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it means.</param>
    /// <param name="examples">Values that make sense, for the error.</param>
    public static Option<ByteSize?> Size(string name, string description, string examples) => new(name)
    {
        Description = description,
        CustomParser = result => ParseSize(result, name, examples),
        HelpName = "SIZE",
    };

    /// <summary>An option that takes a number within bounds.</summary>
    public static Option<float> Number(string name, string description, float fallback, Func<float, bool> isValid, string expected)
    {
        Option<float> option = new(name) { Description = description, HelpName = "X", DefaultValueFactory = _ => fallback };
        option.Validators.Add(result => Check(result, option, isValid, expected));
        return option;
    }

    private MoeOptions ReadCommon(ParseResult parsed) => new()
    {
        Threads = parsed.GetValue(Threads),
        PinThreads = parsed.GetValue(Pin),
        Device = Enum.Parse<Device>(parsed.GetValue(Device)!, ignoreCase: true),
        ContextLength = parsed.GetValue(Context),
        MemoryBudget = parsed.GetValue(Budget),
        KeyValueFormat = ReadKvFormat(parsed, KvFormat),
    };

    private Offloading ReadOffloading(ParseResult parsed, string name)
    {
        string finemoe = Offloading.FineMoE().Name;
        ExpertMapOptions maps = new() { StorePath = parsed.GetValue(MapStore) };
        if (maps.StorePath is not null && !name.EndsWith(finemoe, StringComparison.Ordinal))
        {
            throw new CliException($"--map-store is of no use with --offload {name}; expected --offload {finemoe}");
        }

        return _mobile.Read(parsed, name, maps) ?? (name == finemoe || name == Auto ? Offloading.FineMoE(maps) : Offloading.Parse(name));
    }

    private SwapPlan? ReadPlan(ParseResult parsed)
    {
        if (parsed.GetValue(Plan) is not { } path)
        {
            return null;
        }

        string name = parsed.GetValue(Offload)!;
        if (name != Offloading.SwapMoE().Name)
        {
            throw new CliException($"--plan is of no use with --offload {name}; expected --offload swapmoe");
        }

        return File.Exists(path)
            ? SwapPlan.Load(path)
            : throw new CliException($"{path}: does not exist; expected a plan that `moegen plan` has written");
    }

    private static void CheckMethod(OptionResult result, string? method, bool allowsAuto)
    {
        try
        {
            if (method is not null && !(allowsAuto && method == Auto))
            {
                _ = Offloading.Parse(method);
            }
        }
        catch (FormatException exception)
        {
            result.AddError($"--offload {exception.Message}{(allowsAuto ? $", or {Auto}" : "")}.");
        }
        catch (Exception exception) when (exception is MoeGenException or IOException)
        {
            // a file that a method names: whoever runs the method says what is wrong with it
        }
    }

    private static Option<string> Choice(string name, string description, string fallback, IReadOnlyList<string> choices)
    {
        Option<string> option = new(name) { Description = description, DefaultValueFactory = _ => fallback };
        option.AcceptOnlyFromAmong([.. choices]);
        return option;
    }

    private static void Check<T>(OptionResult result, Option<T> option, Func<T, bool> isValid, string expected)
    {
        T? value;
        try
        {
            value = result.GetValueOrDefault<T>();
        }
        catch (InvalidOperationException)
        {
            // no number at all: the parser has a message of its own for that
            return;
        }

        if (value is not null && !isValid(value))
        {
            result.AddError($"{option.Name} is {value}; expected {expected}.");
        }
    }

    private static ByteSize? ParseSize(ArgumentResult result, string name, string examples)
    {
        string text = result.Tokens.Count == 0 ? "" : result.Tokens[0].Value;
        if (ByteSize.TryParse(text, out ByteSize size) && size.Bytes > 0)
        {
            return size;
        }

        result.AddError($"{name} is {text}; expected a size like {examples} or a number of bytes.");
        return null;
    }
}
