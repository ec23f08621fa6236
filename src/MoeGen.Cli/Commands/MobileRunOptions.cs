using System.CommandLine;
using MoeGen.Experts.Prefetch.ExpertMaps;
using MoeGen.Experts.Selection.Mobile;

namespace MoeGen.Cli.Commands;

/// <summary>The options of `--offload mobile` and `mobile-finemoe`.</summary>
internal sealed class MobileRunOptions
{
    private static readonly Dictionary<string, FallbackRule> s_rules = new(StringComparer.Ordinal)
    {
        ["top1"] = FallbackRule.TopProbability,
        ["margin"] = FallbackRule.Margin,
        ["entropy"] = FallbackRule.Entropy,
        ["always"] = FallbackRule.AlwaysBig,
        ["never"] = FallbackRule.AlwaysLittle,
    };

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
    public Option<string?> Fallback { get; } = RuleOption(s_rules.Keys);

    /// <summary>Names of rules that judge logits.</summary>
    public static IEnumerable<string> MeasuredRules => s_rules.Where(rule => Confidence.IsMeasuredBy(rule.Value)).Select(rule => rule.Key);

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

    /// <summary>The rule of a name that the parser has let through.</summary>
    public static FallbackRule RuleOf(string? name) => name is null ? default : s_rules[name];

    /// <summary>What people call a rule.</summary>
    public static string NameOf(FallbackRule rule) => s_rules.First(named => named.Value == rule).Key;

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
    }

    /// <summary>The method, if it is one of these.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="name">Name of the method.</param>
    /// <param name="maps">Choices of the expert maps below it.</param>
    /// <returns>null: another method.</returns>
    /// <exception cref="CliException">Another method, and options of these.</exception>
    public Offloading? Read(ParseResult parsed, string name, ExpertMapOptions maps)
    {
        MobileOptions options = new()
        {
            Rule = RuleOf(parsed.GetValue(Fallback)),
            Threshold = parsed.GetValue(Threshold) ?? MobileOptions.DefaultThreshold,
        };
        if (name == s_name || name == s_nameOverMaps)
        {
            return Offloading.MoBiLE(name == s_name ? options : options with { Base = Offloading.FineMoE(maps) });
        }

        Option? given = Array.Find<Option>([Threshold, Fallback], option => parsed.GetResult(option) is not null);
        return given is null
            ? null
            : throw new CliException($"{given.Name} is of no use with --offload {name}; expected --offload {s_name} or {s_nameOverMaps}");
    }
}
