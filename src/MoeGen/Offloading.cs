using System.Diagnostics.CodeAnalysis;
using MoeGen.Experts;
using MoeGen.Experts.Eviction;
using MoeGen.Experts.Prefetch;
using MoeGen.Experts.Prefetch.ExpertMaps;
using MoeGen.Experts.Selection;
using MoeGen.Experts.Selection.MixedPrecision;
using MoeGen.Experts.Selection.Mobile;
using MoeGen.Experts.Selection.Substitution;
using MoeGen.Experts.Selection.VirtualExperts;

namespace MoeGen;

/// <summary>
/// How a model runs whose experts do not all fit into memory: which experts are given up for others, which are loaded ahead, and which
/// ones a token runs. The presets are published methods and the baselines they are compared with; a method of your own combines an
/// eviction with a prefetcher and, if it need not be exact, a selection.
/// </summary>
public sealed record Offloading
{
    /// <summary>One expert computes while another arrives.</summary>
    private const int LeastSlots = 2;

    private static readonly Dictionary<string, Func<Offloading>> s_exact = new(StringComparer.Ordinal)
    {
        ["finemoe"] = () => FineMoE(),
        ["lru"] = Lru,
        ["lru-layer"] = LruPerLayer,
        ["lfu"] = Lfu,
        ["lfu-sequence"] = () => LfuOfSequence(),
        ["least-stale"] = LeastStale,
        ["next-router"] = NextLayerRouter,
        ["moe-infinity"] = MoeInfinity,
        ["on-demand"] = OnDemand,
        ["resident"] = Resident,
    };

    private static readonly Dictionary<string, Func<Offloading>> s_lossy = new(StringComparer.Ordinal)
    {
        ["buddy"] = () => Buddy(),
        ["hobbit"] = () => Hobbit(),
        ["mobile"] = () => MoBiLE(),
        ["mobile-finemoe"] = () => MoBiLE(new MobileOptions { Base = FineMoE() }),
        ["swapmoe"] = () => SwapMoE(),
        ["norm-pruning"] = NormPruning,
    };

    /// <summary>Names of the presets whose outputs are those of the model in memory, as the command line takes them.</summary>
    public static IReadOnlyList<string> ExactNames { get; } = [.. s_exact.Keys];

    /// <summary>Names of the presets that trade quality for memory or speed, as the command line takes them.</summary>
    public static IReadOnlyList<string> LossyNames { get; } = [.. s_lossy.Keys];

    /// <summary>Names of all presets.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. ExactNames, .. LossyNames];

    /// <summary>What users call it.</summary>
    public required string Name { get; init; }

    /// <summary>Whether every token gets the experts that its router chose, so that outputs are those of the model in memory.</summary>
    public bool IsExact { get; init; } = true;

    /// <summary>
    /// Share of tokens, 0 to 1, that a plan or a calibration expects to be those of the exact model; null: nothing was measured.
    /// </summary>
    public double? ExpectedAgreement { get; init; }

    /// <summary>Whether every expert must have a slot, as without offloading.</summary>
    public bool NeedsAllExperts { get; init; }

    /// <summary>Makes the rule by which experts are given up. Called once for each model.</summary>
    public required Func<ExpertGrid, IEviction> CreateEviction { get; init; }

    /// <summary>Makes what loads experts ahead, or null for nothing. Called once for each model, which disposes it.</summary>
    public Func<PrefetchSetup, IPrefetch?> CreatePrefetch { get; init; } = _ => null;

    /// <summary>
    /// Makes what decides which experts a token runs, or null where the router alone decides, as in every exact method. Called once for each
    /// model, which disposes it.
    /// </summary>
    public Func<SelectionSetup, ISelection?> CreateSelection { get; init; } = _ => null;

    /// <summary>Bytes that the selection will hold, which count against the model's memory budget.</summary>
    public Func<ExpertGrid, long> SelectionSizeInBytes { get; init; } = _ => 0;

    /// <summary>
    /// Whether the selection may let twins of experts run (<see cref="ISelection.TakesTwin"/>): loading refuses a model that has none.
    /// </summary>
    public bool UsesTwins { get; init; }

    /// <summary>The method looks into the slots of experts, which is not possible where they are on a device.</summary>
    internal bool NeedsHostSlots { get; init; }

    /// <summary>Slots between which the method runs; null: two or, where it needs all experts, one for each, and at most one for each.</summary>
    internal Func<ModelInfo, SlotBounds>? CreateSlotBounds { get; init; }

    /// <summary>Bytes that the prefetcher will hold, which count against the model's memory budget.</summary>
    public Func<PrefetchSetup, long> PrefetchSizeInBytes { get; init; } = _ => 0;

    /// <summary>
    /// Expects of a pass what the most similar one of the past has done, and gives up what is improbable and rare (FineMoE, arXiv
    /// 2502.05370).
    /// </summary>
    /// <param name="options">Its choices; null: the defaults.</param>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    public static Offloading FineMoE(ExpertMapOptions? options = null)
    {
        ExpertMapOptions choices = options ?? new ExpertMapOptions();
        choices.Validate();
        return new Offloading
        {
            Name = "finemoe",
            CreateEviction = _ => new ExpertMapEviction(choices.Frequency, choices.EvictsByProbability),
            CreatePrefetch = setup => new ExpertMapPrefetch(setup, choices),
            PrefetchSizeInBytes = setup => ExpertMapPrefetch.SizeInBytesOf(setup, choices),
        };
    }

    /// <summary>Gives up the least recently used expert; loads nothing ahead.</summary>
    public static Offloading Lru() => new() { Name = "lru", CreateEviction = _ => new LruEviction() };

    /// <summary>Gives up the least recently used expert of the same layer; loads nothing ahead.</summary>
    public static Offloading LruPerLayer() => new() { Name = "lru-layer", CreateEviction = grid => new LruPerLayerEviction(grid) };

    /// <summary>Gives up the least frequently used expert; loads nothing ahead.</summary>
    public static Offloading Lfu() => new() { Name = "lfu", CreateEviction = _ => new LfuEviction() };

    /// <summary>
    /// Gives up the expert that the fewest tokens of the running sequence have chosen, its prompt included; loads nothing ahead. Not published
    /// as a method: a simple rule that the others have to beat.
    /// </summary>
    /// <param name="quotas">A plan whose Virtual Experts of a layer are the layer's share of the cache; null: layers compete freely.</param>
    public static Offloading LfuOfSequence(SwapPlan? quotas = null) => new()
    {
        Name = "lfu-sequence",
        CreateEviction = grid => quotas is null ? new LfuEviction(countsSequence: true) : new QuotaEviction(grid, quotas.ExpertsPerLayer),
    };

    /// <summary>Gives up first what the running pass has not used (SpecMD, arXiv 2602.03921); loads nothing ahead.</summary>
    public static Offloading LeastStale() => new() { Name = "least-stale", CreateEviction = grid => new LeastStaleEviction(grid) };

    /// <summary>
    /// Loads ahead what the next layer's router makes of this layer's input; gives up the least recently used expert of the same layer
    /// (mixtral-offloading, arXiv 2312.17238).
    /// </summary>
    public static Offloading NextLayerRouter() => new()
    {
        Name = "next-router",
        CreateEviction = grid => new LruPerLayerEviction(grid),
        CreatePrefetch = setup => new NextRouterPrefetch(setup.Grid),
    };

    /// <summary>Expects of a request what the nearest request of the past has activated (MoE-Infinity, arXiv 2401.14361).</summary>
    public static Offloading MoeInfinity() => new()
    {
        Name = "moe-infinity",
        CreateEviction = grid => new MoeInfinityEviction(grid),
        CreatePrefetch = setup => new MoeInfinityPrefetch(setup.Grid),
        PrefetchSizeInBytes = setup => MoeInfinityPrefetch.SizeInBytesOf(setup.Grid, MoeInfinityPrefetch.DefaultCapacity),
    };

    /// <summary>
    /// Runs easy tokens with half of the experts that their router chooses, and hard ones once more with all of them (MoBiLE, arXiv
    /// 2510.12357): fewer experts to load, and outputs that are nearly those of the exact model.
    /// </summary>
    /// <param name="options">Its choices; null: the defaults.</param>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    public static Offloading MoBiLE(MobileOptions? options = null)
    {
        MobileOptions choices = options ?? new MobileOptions();
        choices.Validate();
        return new Offloading
        {
            Name = choices.Base is null ? "mobile" : $"mobile-{choices.Base.Name}",
            IsExact = false,
            ExpectedAgreement = choices.Calibration?.Agreement,
            CreateEviction = choices.Base?.CreateEviction ?? (_ => new LfuEviction(countsSequence: true)),
            CreatePrefetch = setup => new BigLittlePrefetch(setup.Grid, choices.Base?.CreatePrefetch(setup)),
            CreateSelection = setup => BigLittle.Create(setup, choices),
            PrefetchSizeInBytes = setup =>
                BigLittlePrefetch.SizeInBytesOf(setup.Grid) + (choices.Base?.PrefetchSizeInBytes(setup) ?? 0),
        };
    }

    /// <summary>Loads every expert when it is needed and keeps none: the floor that every method has to beat.</summary>
    public static Offloading OnDemand() => new() { Name = "on-demand", CreateEviction = _ => new OnDemandEviction() };

    /// <summary>Holds every expert, and refuses a budget that does not.</summary>
    public static Offloading Resident() => new() { Name = "resident", NeedsAllExperts = true, CreateEviction = _ => new LruEviction() };

    /// <summary>
    /// Not exact: a resident expert stands in for a missing one where the router sees little difference (BuddyMoE, arXiv 2511.10054).
    /// </summary>
    /// <param name="options">Its choices; null: the defaults.</param>
    /// <param name="exact">How experts are kept and loaded ahead that are not substituted; null: <see cref="FineMoE"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option makes no sense.</exception>
    public static Offloading Buddy(BuddyOptions? options = null, Offloading? exact = null)
    {
        BuddyOptions choices = options ?? new BuddyOptions();
        choices.Validate();
        return (exact ?? FineMoE()) with
        {
            Name = "buddy",
            IsExact = false,
            CreateSelection = setup => new BuddySelection(setup, choices),
        };
    }

    /// <summary>
    /// Not exact: where a less important expert of a token is not in memory, its twin is read, a copy in Q4 (HOBBIT, arXiv 2411.01433).
    /// Needs a packed model with twins.
    /// </summary>
    /// <param name="options">Its choices; null: the defaults.</param>
    /// <param name="exact">How experts are kept and loaded ahead; null: <see cref="LfuOfSequence"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option makes no sense.</exception>
    public static Offloading Hobbit(HobbitOptions? options = null, Offloading? exact = null)
    {
        HobbitOptions choices = options ?? new HobbitOptions();
        choices.Validate();
        return (exact ?? LfuOfSequence()) with
        {
            Name = "hobbit",
            IsExact = false,
            UsesTwins = true,
            NeedsHostSlots = true,
            CreateSelection = setup => new HobbitSelection(setup, choices),
        };
    }

    /// <summary>
    /// Lets only some experts of a layer compete, which are in memory before they are chosen, and exchanges them slowly for those that would
    /// contribute more: no decode step ever waits for an expert, and outputs differ from those of the exact model (SwapMoE, arXiv
    /// 2308.15030). Prompts run exactly and wait, unless the options say otherwise.
    /// </summary>
    /// <param name="options">Its choices; null: the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option makes no sense.</exception>
    public static Offloading SwapMoE(SwapOptions? options = null)
    {
        SwapOptions choices = options ?? new SwapOptions();
        choices.Validate();
        return new Offloading
        {
            Name = "swapmoe",
            NeedsHostSlots = true,
            IsExact = false,
            ExpectedAgreement = choices.Plan?.PredictedAgreement,
            CreateEviction = _ => new NoEviction(),
            CreateSelection = setup => new VirtualExpertSelection(setup, choices),
            SelectionSizeInBytes = VirtualExpertSelection.SizeInBytesOf,
            CreateSlotBounds = info => VirtualExpertShares.BoundsOf(info, choices),
        };
    }

    /// <summary>
    /// Keeps the experts with the largest norms in memory and lets no others compete: the baseline that SwapMoE is compared with.
    /// </summary>
    public static Offloading NormPruning() => SwapMoE(new SwapOptions { UpdateInterval = 0, Prompt = SwapPrompt.Masked }) with { Name = "norm-pruning" };

    /// <summary>
    /// Reads a method as the command line takes it: a preset, and perhaps some of its choices, as in <c>buddy:gap=0.1</c> or
    /// <c>mobile:threshold=0.7,base=finemoe</c>. Its name is the text.
    /// </summary>
    /// <param name="text">The method.</param>
    /// <exception cref="FormatException">
    /// No such method, no such choice of it, or a value that makes no sense; the message says what is expected.
    /// </exception>
    public static Offloading Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return OffloadingSyntax.Parse(text);
    }

    /// <summary>Finds a preset with its defaults.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="offloading">The preset; null where there is none of the name.</param>
    public static bool TryParse(string name, [NotNullWhen(true)] out Offloading? offloading)
    {
        offloading = (s_exact.GetValueOrDefault(name) ?? s_lossy.GetValueOrDefault(name))?.Invoke();
        return offloading is not null;
    }

    /// <summary>Slots between which the method runs a model.</summary>
    /// <exception cref="MoeGenException">The method was made for another model.</exception>
    internal SlotBounds SlotBoundsOf(ModelInfo info)
    {
        int all = info.SparseLayers.Count * info.NumExperts;
        return CreateSlotBounds?.Invoke(info) ?? new SlotBounds(NeedsAllExperts ? all : Math.Min(LeastSlots, all), all);
    }
}

/// <summary>Slots between which a method runs.</summary>
/// <param name="Least">Below them it does not run.</param>
/// <param name="Most">More of them are of no use to it.</param>
internal readonly record struct SlotBounds(int Least, int Most);
