using System.CommandLine;
using System.CommandLine.Parsing;
using MoeGen.Experts.Prefetch.ExpertMaps;

namespace MoeGen.Cli.Commands;

/// <summary>The options that every command has which runs a model.</summary>
internal sealed class RunOptions
{
    private const string Cpu = "cpu";

    public Option<int?> Threads { get; } = Positive("--threads", "Threads that compute; default: one per processor.");

    public Option<int?> Context { get; } = Positive(
        "--context", $"Longest sequence in tokens; default: the model's, at most {MoeOptions.DefaultContextLength}.");

    public Option<ByteSize?> Budget { get; } = Size(
        "--budget",
        "Most memory to hold, e.g. 3GiB or 800MB: weights, KV cache, working memory. Experts that do not fit are read from disk as they are "
            + "needed. Default: most of the machine's memory.",
        "3GiB, 800MB");

    public Option<string> Offload { get; } = Choice(
        "--offload",
        "Which experts are kept and loaded ahead where the budget does not hold all of them; resident refuses such a budget. "
            + $"Not exact, but quicker: {string.Join(", ", Offloading.LossyNames)}.",
        Offloading.FineMoE().Name, Offloading.Names);

    public Option<string?> MapStore { get; } = new("--map-store")
    {
        Description = "File in which finemoe keeps its expert maps: read at the start if it is there, written at the end.",
        HelpName = "FILE",
    };

    private readonly MobileRunOptions _mobile = new();

    public Option<string> Device { get; } = Choice("--device", "Where to compute.", Cpu, [Cpu]);

    public void AddTo(Command command)
    {
        command.Options.Add(Threads);
        command.Options.Add(Context);
        command.Options.Add(Budget);
        command.Options.Add(Offload);
        command.Options.Add(MapStore);
        _mobile.AddTo(command);
        command.Options.Add(Device);
    }

    public MoeOptions Read(ParseResult parsed) => new()
    {
        Threads = parsed.GetValue(Threads),
        ContextLength = parsed.GetValue(Context),
        MemoryBudget = parsed.GetValue(Budget),
        Offloading = ReadOffloading(parsed),
    };

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

    private Offloading ReadOffloading(ParseResult parsed)
    {
        string name = parsed.GetValue(Offload)!, finemoe = Offloading.FineMoE().Name;
        ExpertMapOptions maps = new() { StorePath = parsed.GetValue(MapStore) };
        if (maps.StorePath is not null && !name.EndsWith(finemoe, StringComparison.Ordinal))
        {
            throw new CliException($"--map-store is of no use with --offload {name}; expected --offload {finemoe}");
        }

        _mobile.Check(parsed, name);
        return _mobile.Read(parsed, name, maps)
            ?? (name == finemoe ? Offloading.FineMoE(maps) : null)
            ?? (Offloading.TryParse(name, out Offloading? preset)
                ? preset
                : throw new InvalidOperationException("The parser takes names of presets alone."));
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
