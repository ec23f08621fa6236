namespace MoeGen.Experts.Selection.VirtualExperts;

/// <summary>What counts as one input between two updates of the Virtual Experts.</summary>
public enum SwapUnit
{
    /// <summary>A forward pass: a chunk of a prompt or a decoded token.</summary>
    ForwardPass,

    /// <summary>A text from its first token on, as the paper's samples.</summary>
    Request,
}

/// <summary>What prompts run.</summary>
public enum SwapPrompt
{
    /// <summary>
    /// All experts that their routers choose, which are waited for; the most important ones are the Virtual Experts of what follows.
    /// </summary>
    Exact,

    /// <summary>Virtual Experts alone, as decode steps, so that nothing waits (SwapMoE).</summary>
    Masked,
}

/// <summary>What makes an expert important.</summary>
public enum ImportanceScore
{
    /// <summary>Sum over its tokens of input norm x router weight x norm of its weights (SwapMoE, equation 1).</summary>
    Contribution,

    /// <summary>Tokens whose router chose it (the paper's ablation).</summary>
    TokenCount,
}

/// <summary>The choices of SwapMoE (arXiv 2308.15030) and, where the paper leaves them open, what to do.</summary>
public sealed record SwapOptions
{
    /// <summary>
    /// Share of the old importance that stays when nothing else is said: half of it after 34 updates. Everything from 0.8 on
    /// is about as good, and the slower importance fades, the fewer experts are swapped.
    /// </summary>
    public const double DefaultDecay = 0.98;

    /// <summary>What an entering expert must be worth more than the leaving one when nothing else is said: 5 %.</summary>
    public const double DefaultHysteresis = 0.05;

    /// <summary>Share of the disk's time that swaps may take when nothing else is said.</summary>
    public const double DefaultBandwidthShare = 0.5;

    /// <summary>
    /// Virtual Experts of each layer, and perhaps norms and first experts, from a planner; null: the slots of the memory budget are shared
    /// evenly, and the experts with the largest norms begin.
    /// </summary>
    public SwapPlan? Plan { get; init; }

    /// <summary>
    /// Inputs between two updates; 0: never, but at the end of a prompt that runs exactly; null: what <see cref="Plan"/> says, without one
    /// every input.
    /// </summary>
    public int? UpdateInterval { get; init; }

    /// <summary>What an input is.</summary>
    public SwapUnit Unit { get; init; }

    /// <summary>What prompts run: exactly what their routers choose, unless said otherwise. The paper masks all that it reads.</summary>
    public SwapPrompt Prompt { get; init; }

    /// <summary>
    /// Share of its importance that an expert keeps from one update to the next, 0 up to 1. The paper judges each of its samples alone, which
    /// is 0; a decoded token is too little to judge by. A new text whose prompt runs exactly forgets nearly all of it.
    /// </summary>
    public double Decay { get; init; } = DefaultDecay;

    /// <summary>An expert enters when it is more than 1 + hysteresis times as important as the one that leaves for it; 0 or above.</summary>
    public double Hysteresis { get; init; } = DefaultHysteresis;

    /// <summary>
    /// Share of an input's time in which the disk may copy swaps, above 0 up to 1: as many as fit are begun for each input, at least one.
    /// </summary>
    public double BandwidthShare { get; init; } = DefaultBandwidthShare;

    /// <summary>
    /// Slots that hold no Virtual Expert, at least 1: so many swaps can be on their way at once. A model that holds all experts needs none.
    /// </summary>
    public int SpareSlots { get; init; } = 1;

    /// <summary>What makes an expert important.</summary>
    public ImportanceScore Score { get; init; }

    /// <summary>
    /// Whether an update does all swaps at once and the next pass waits for them (the paper's ablation); no: they are copied while the model
    /// runs, and nothing waits.
    /// </summary>
    public bool IsSynchronous { get; init; }

    /// <summary>Refuses options that make no sense.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(UpdateInterval ?? 0, 0, nameof(UpdateInterval));
        ArgumentOutOfRangeException.ThrowIfLessThan(SpareSlots, 1, nameof(SpareSlots));
        ThrowUnless(Decay is >= 0 and < 1, Decay, nameof(Decay), "0 up to 1");
        ThrowUnless(Hysteresis >= 0 && double.IsFinite(Hysteresis), Hysteresis, nameof(Hysteresis), "0 or above");
        ThrowUnless(BandwidthShare is > 0 and <= 1, BandwidthShare, nameof(BandwidthShare), "above 0, up to 1");
    }

    private static void ThrowUnless(bool isValid, double value, string name, string expected)
    {
        if (!isValid)
        {
            throw new ArgumentOutOfRangeException(name, value, FormattableString.Invariant($"{name} is {value}; expected {expected}."));
        }
    }
}
