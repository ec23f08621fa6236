using System.CommandLine;
using MoeGen.Experts.Prefetch.ExpertMaps;
using MoeGen.Experts.Selection.Mobile;

namespace MoeGen.Cli.Commands;

/// <summary>The options of `--offload mobile` and `mobile-finemoe`.</summary>
internal sealed class MobileRunOptions
{
    private static readonly string s_name = Offloading.MoBiLE().Name;
    private static readonly string s_nameOverMaps = Offloading.MoBiLE(new MobileOptions { Base = Offloading.FineMoE() }).Name;

    /// <summary>Confidence below which a token runs with all experts.</summary>
    public Option<float?> Threshold { get; } = new("--threshold")
    {
        Description = "Confidence below which mobile runs a token again with all experts, 0: never, above 1: always; "
            + FormattableString.Invariant($"default: {MobileOptions.DefaultThreshold}, `moegen calibrate` finds a better one."),
        HelpName = "X",
    };

    /// <summary>How the confidence is measured.</summary>
    public Option<string?> Fallback { get; } = RuleOption(FallbackRuleNames.OfThresholds);

    /// <summary>Where both may come from.</summary>
    public Option<string?> Calibration { get; } = new("--calibration")
    {
        Description = "File that `moegen calibrate` has written for the model: threshold and measure of mobile.",
        HelpName = "FILE",
    };

    /// <summary>An option that takes names of rules.</summary>
    public static Option<string?> RuleOption(IEnumerable<string> names)
    {
        Option<string?> option = new("--fallback")
        {
            Description = "How mobile measures confidence: by the most probable token (top1), its distance to the second (margin) or the "
                + "entropy; default: top1.",
        };
        option.AcceptOnlyFromAmong([.. names]);
        return option;
    }

    /// <summary>The rule of a name that the parser has let through; without a name the default.</summary>
    public static FallbackRule RuleOf(string? name) => FallbackRuleNames.TryParse(name ?? "", out FallbackRule rule) ? rule : default;

    public void AddTo(Command command)
    {
        Threshold.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<float?>() is { } threshold && !(threshold >= 0))
            {
                result.AddError(FormattableString.Invariant($"--threshold is {threshold}; expected 0 or above."));
            }
        });
        command.Options.Add(Threshold);
        command.Options.Add(Fallback);
        command.Options.Add(Calibration);
    }

    /// <summary>Refuses options that none of the methods takes.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="names">Names of the methods.</param>
    /// <exception cref="CliException">There are such options.</exception>
    public void Check(ParseResult parsed, params IReadOnlyList<string> names)
    {
        if (!names.Any(IsMobile) && Find(parsed, Threshold, Fallback, Calibration) is { } given)
        {
            throw new CliException(
                $"{given.Name} is of no use with --offload {string.Join(", ", names)}; expected --offload {s_name} or {s_nameOverMaps}");
        }
    }

    /// <summary>The method, if it is one of these.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="name">Name of the method.</param>
    /// <param name="maps">Choices of the expert maps below it.</param>
    /// <returns>null: another method.</returns>
    /// <exception cref="CliException">Two options contradict each other.</exception>
    public Offloading? Read(ParseResult parsed, string name, ExpertMapOptions maps)
    {
        if (!IsMobile(name))
        {
            return null;
        }

        MobileOptions options = ReadOptions(parsed);
        return Offloading.MoBiLE(name == s_name ? options : options with { Base = Offloading.FineMoE(maps) });
    }

    private static bool IsMobile(string name) => name == s_name || name == s_nameOverMaps;

    private static Option? Find(ParseResult parsed, params Option[] options) =>
        Array.Find(options, option => parsed.GetResult(option) is not null);

    private MobileOptions ReadOptions(ParseResult parsed)
    {
        if (parsed.GetValue(Calibration) is not { } path)
        {
            return new MobileOptions
            {
                Rule = RuleOf(parsed.GetValue(Fallback)),
                Threshold = parsed.GetValue(Threshold) ?? MobileOptions.DefaultThreshold,
            };
        }

        return Find(parsed, Threshold, Fallback) is { } given
            ? throw new CliException($"{given.Name} is of no use with --calibration, which says both; expected one of them")
            : MobileOptions.Of(MobileCalibration.Load(path));
    }
}
