namespace MoeGen.Experts.Selection.Mobile;

/// <summary>What files and the command line call the rules.</summary>
internal static class FallbackRuleNames
{
    private static readonly Dictionary<string, FallbackRule> s_rules = new(StringComparer.Ordinal)
    {
        ["top1"] = FallbackRule.TopProbability,
        ["margin"] = FallbackRule.Margin,
        ["entropy"] = FallbackRule.Entropy,
        ["always"] = FallbackRule.AlwaysBig,
        ["never"] = FallbackRule.AlwaysLittle,
        ["first"] = FallbackRule.FirstTokensBig,
        ["random"] = FallbackRule.RandomBig,
    };

    /// <summary>Names of all rules.</summary>
    public static IReadOnlyList<string> All { get; } = [.. s_rules.Keys];

    /// <summary>Names of those that need no more than a threshold.</summary>
    public static IReadOnlyList<string> OfThresholds { get; } = ["top1", "margin", "entropy", "always", "never"];

    /// <summary>Names of those that judge logits.</summary>
    public static IReadOnlyList<string> Measured { get; } =
        [.. s_rules.Where(rule => Confidence.IsMeasuredBy(rule.Value)).Select(rule => rule.Key)];

    /// <summary>The name of a rule.</summary>
    public static string Of(FallbackRule rule) => s_rules.First(named => named.Value == rule).Key;

    /// <summary>Finds a rule.</summary>
    public static bool TryParse(string name, out FallbackRule rule) => s_rules.TryGetValue(name, out rule);
}
