namespace MoeGen.Benchmarks.TradeOffs;

/// <summary>A method of the comparison.</summary>
/// <param name="Text">As the command line takes it.</param>
/// <param name="Line">Line of the charts that it is a point of; null: it is in the tables alone.</param>
/// <param name="Remark">What it is there for.</param>
internal sealed record TradeOffMethod(string Text, string? Line, string Remark);

/// <summary>The methods that the page compares: the papers' own, with the ablations that each of them lists, and how they combine.</summary>
internal static class TradeOffMethods
{
    /// <summary>Stands for the plan of the budget.</summary>
    public const string PlanFile = "PLAN";

    private const string Swap = "swapmoe";
    private const string Mobile = "mobile";
    private const string MobileBase = "mobile over finemoe";
    private const string Buddy = "buddy";
    private const string Hobbit = "hobbit";

    public static IReadOnlyList<TradeOffMethod> All { get; } =
    [
        new("finemoe", "finemoe", "exact"),
        new("lfu-sequence", "lfu-sequence", "exact"),
        new("on-demand", "on-demand", "exact; the papers' baseline"),
        new($"lfu-sequence:plan={PlanFile}", "lfu-sequence, quotas", "exact cache with SwapMoE's plan as quotas"),
        new($"swapmoe:plan={PlanFile}", Swap, "SwapMoE, planned, with exact prompts"),
        new("swapmoe", "swapmoe, even", "ablation: the same number in every layer"),
        new($"swapmoe:plan={PlanFile},prompt=masked", "swapmoe, masked prompts", "SwapMoE as published: prompts are masked, too"),
        new("swapmoe:prompt=masked", null, "the same, the same number in every layer"),
        new($"swapmoe:plan={PlanFile},decay=0", null, "ablation: each token judged alone, as the paper's samples"),
        new($"swapmoe:plan={PlanFile},score=tokencount", null, "ablation: tokens counted, not contributions"),
        new($"swapmoe:plan={PlanFile},synchronous=yes", null, "ablation: passes wait for swaps"),
        new($"swapmoe:plan={PlanFile},interval=0", null, "ablation: no updates but at the end of a prompt"),
        new("norm-pruning", "norm-pruning", "baseline of SwapMoE: the largest norms, never swapped"),
        new("mobile:threshold=0.3", Mobile, "MoBiLE"),
        new("mobile:threshold=0.5", Mobile, "MoBiLE"),
        new("mobile:threshold=0.7", Mobile, "MoBiLE"),
        new("mobile:threshold=0.5,base=finemoe", MobileBase, "MoBiLE over FineMoE's prefetch and cache"),
        new("mobile:threshold=0.5,base=lfu-sequence", null, "ablation: no prefetch"),
        new("mobile:rule=never", null, "ablation: no fallback, half the experts for everything"),
        new("mobile:rule=random,share=0.5", null, "ablation: tokens drawn by lot run with all"),
        new("buddy:gap=0.05", Buddy, "a resident expert stands in where the router sees little difference"),
        new("buddy:gap=0.1", Buddy, "the same, less careful"),
        new("buddy:gap=0.2", Buddy, "the same, less careful"),
        new("buddy:gap=0.3", Buddy, "the same, less careful"),
        new("buddy:gap=0.2,ranking=coactivation", null, "BuddyMoE's own ranking"),
        new("buddy:gap=0.5,entropy=0.95", null, "BuddyMoE's own test: where the choice as a whole is not peaked"),
        new("buddy:gap=1,entropy=0.95,missing=0.5,ranking=coactivation", null, "BuddyMoE as published: test, bound on misses, ranking"),
        new("hobbit", Hobbit, "a copy in Q4 is read for a missing expert of little weight"),
        new("hobbit:t1=0.3", Hobbit, "the same, for more of them"),
        new("hobbit:t1=-1", Hobbit, "the same, for all that are missing"),
        new("hobbit:base=finemoe", null, "HOBBIT over FineMoE's prefetch and cache"),
        new("hobbit:skip=yes", null, "ablation: the least important are left out, as published"),
    ];
}
