using System.Globalization;
using MoeGen.Experts.Prefetch.ExpertMaps;
using MoeGen.Experts.Selection.MixedPrecision;
using MoeGen.Experts.Selection.Mobile;
using MoeGen.Experts.Selection.Substitution;
using MoeGen.Experts.Selection.VirtualExperts;

namespace MoeGen;

/// <summary>
/// Methods as users write them: the name of a preset, and perhaps some of its choices: <c>buddy:gap=0.1</c>,
/// <c>mobile:threshold=0.7,base=finemoe</c>.
/// </summary>
internal static class OffloadingSyntax
{
    private static readonly Method[] s_methods =
    [
        Of("finemoe", new ExpertMapOptions(), Offloading.FineMoE, new()
        {
            ["maps"] = (options, value) => options with { Capacity = Integer(value) },
            ["distance"] = (options, value) => options with { PrefetchDistance = Integer(value) },
            ["store"] = (options, value) => options with { StorePath = value },
        }),
        Of("lfu-sequence", (SwapPlan?)null, Offloading.LfuOfSequence, new()
        {
            ["plan"] = (_, value) => SwapPlan.Load(value),
        }),
        Of("buddy", (Options: new BuddyOptions(), Base: Offloading.FineMoE()), buddy => Offloading.Buddy(buddy.Options, buddy.Base), new()
        {
            ["gap"] = (buddy, value) => (buddy.Options with { MaxGap = Number(value) }, buddy.Base),
            ["entropy"] = (buddy, value) => (buddy.Options with { MinEntropy = Number(value) }, buddy.Base),
            ["missing"] = (buddy, value) => (buddy.Options with { MaxMissingShare = Number(value) }, buddy.Base),
            ["ranking"] = (buddy, value) => (buddy.Options with { Ranking = Choice<BuddyRanking>(value) }, buddy.Base),
            ["prompts"] = (buddy, value) => (buddy.Options with { AppliesToPrompts = Flag(value) }, buddy.Base),
            ["base"] = (buddy, value) => (buddy.Options, Exact(value)),
        }),
        Of("hobbit", (Options: new HobbitOptions(), Base: (Offloading?)null), hobbit => Offloading.Hobbit(hobbit.Options, hobbit.Base), new()
        {
            ["t1"] = (hobbit, value) => (hobbit.Options with { MaxWeightBefore = Number(value) }, hobbit.Base),
            ["t2"] = (hobbit, value) => (hobbit.Options with { MaxTwinWeightBefore = Number(value) }, hobbit.Base),
            ["skip"] = (hobbit, value) => (hobbit.Options with { SkipsOthers = Flag(value) }, hobbit.Base),
            ["prompts"] = (hobbit, value) => (hobbit.Options with { AppliesToPrompts = Flag(value) }, hobbit.Base),
            ["base"] = (hobbit, value) => (hobbit.Options, Exact(value)),
        }),
        Of("swapmoe", new SwapOptions(), Offloading.SwapMoE, new()
        {
            ["plan"] = (options, value) => options with { Plan = SwapPlan.Load(value) },
            ["interval"] = (options, value) => options with { UpdateInterval = Integer(value) },
            ["prompt"] = (options, value) => options with { Prompt = Choice<SwapPrompt>(value) },
            ["unit"] = (options, value) => options with { Unit = Choice<SwapUnit>(value) },
            ["decay"] = (options, value) => options with { Decay = Number(value) },
            ["hysteresis"] = (options, value) => options with { Hysteresis = Number(value) },
            ["bandwidth"] = (options, value) => options with { BandwidthShare = Number(value) },
            ["spare"] = (options, value) => options with { SpareSlots = Integer(value) },
            ["score"] = (options, value) => options with { Score = Choice<ImportanceScore>(value) },
            ["synchronous"] = (options, value) => options with { IsSynchronous = Flag(value) },
        }),
        Of("mobile", new MobileOptions(), Offloading.MoBiLE, new()
        {
            ["threshold"] = (options, value) => options with { Threshold = Number(value) },
            ["rule"] = (options, value) => options with { Rule = Rule(value) },
            ["first"] = (options, value) => options with { NumFirstTokens = Integer(value) },
            ["share"] = (options, value) => options with { RandomShare = Number(value) },
            ["base"] = (options, value) => options with { Base = Exact(value) },
        }),
    ];

    /// <summary>Reads a method.</summary>
    /// <param name="text">NAME or NAME:key=value,key=value.</param>
    /// <exception cref="FormatException">No such method, no such choice of it, or a value that makes no sense.</exception>
    public static Offloading Parse(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string name = colon < 0 ? text : text[..colon];
        if (!Offloading.TryParse(name, out Offloading? preset))
        {
            throw new FormatException($"{text}: {name} is no method; expected {string.Join(", ", Offloading.Names)}");
        }

        if (colon < 0)
        {
            return preset;
        }

        Method method = Array.Find(s_methods, method => method.Name == name)
            ?? throw new FormatException($"{text}: {name} has no choices; expected {name} alone");
        List<(string Key, string Value)> choices = [];
        foreach (string choice in text[(colon + 1)..].Split(','))
        {
            int equals = choice.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? choice : choice[..equals];
            if (equals < 0 || !method.Keys.Contains(key))
            {
                throw new FormatException($"{text}: found {choice}; expected {string.Join(", ", method.Keys.Select(known => known + "=..."))}");
            }

            choices.Add((key, choice[(equals + 1)..]));
        }

        try
        {
            return method.Create(choices) with { Name = text };
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or OverflowException)
        {
            throw new FormatException($"{text}: {exception.Message}", exception);
        }
    }

    private static Method Of<TOptions>(
        string name, TOptions defaults, Func<TOptions, Offloading> create, Dictionary<string, Func<TOptions, string, TOptions>> choices) =>
        new(name, [.. choices.Keys], found => create(found.Aggregate(defaults, (options, choice) => choices[choice.Key](options, choice.Value))));

    private static int Integer(string value) => int.TryParse(value, CultureInfo.InvariantCulture, out int number)
        ? number
        : throw new FormatException($"{value} is no integer");

    private static float Number(string value) => float.TryParse(value, CultureInfo.InvariantCulture, out float number)
        ? number
        : throw new FormatException($"{value} is no number");

    private static bool Flag(string value) => value switch
    {
        "yes" => true,
        "no" => false,
        _ => throw new FormatException($"found {value}; expected yes or no"),
    };

    private static T Choice<T>(string value)
        where T : struct, Enum =>
        Enum.TryParse(value, ignoreCase: true, out T choice) && Enum.IsDefined(choice) && !char.IsAsciiDigit(value[0])
            ? choice
            : throw new FormatException($"found {value}; expected {string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant()}");

    private static FallbackRule Rule(string name) => FallbackRuleNames.TryParse(name, out FallbackRule rule)
        ? rule
        : throw new FormatException($"found {name}; expected {string.Join(", ", FallbackRuleNames.All)}");

    private static Offloading Exact(string name) => Offloading.TryParse(name, out Offloading? preset) && preset.IsExact
        ? preset
        : throw new FormatException($"{name} is no exact method; expected {string.Join(", ", Offloading.ExactNames)}");

    private sealed record Method(string Name, IReadOnlyList<string> Keys, Func<List<(string Key, string Value)>, Offloading> Create);
}
