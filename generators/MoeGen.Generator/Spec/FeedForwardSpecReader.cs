using System.Linq;
using MoeGen.Generator.Spec.Families;

namespace MoeGen.Generator.Spec;

/// <summary>Reads experts, router and dense layers.</summary>
internal sealed class FeedForwardSpecReader(ConfigReader config, Family family)
{
    private string ActivationKey => family.ActivationKeys.FirstOrDefault(config.Has) ?? family.ActivationKeys[0];

    private ExpertKeys Experts => family.Experts;

    private RouterKeys Router => family.Router;

    public SparseSpec ReadSparse()
    {
        string expertsKey = Experts.CountKeys.FirstOrDefault(config.Has) ?? Experts.CountKeys[0];
        int numExperts = config.Int(expertsKey, 1, SpecBounds.MaxExperts);
        int topK = ReadTopK(expertsKey, numExperts);
        int intermediateSize = config.Int(Experts.IntermediateSizeKey, 1, SpecBounds.MaxWidth);
        return new SparseSpec(numExperts, topK, intermediateSize, ReadExpertActivation(), ReadRouter(expertsKey, numExperts, topK))
        {
            SharedExpert = ReadSharedExpert(intermediateSize),
            HasBias = Experts.HasBias,
            ScalesInput = Experts.ScalesInput,
        };
    }

    /// <summary>The dense part; null without dense layers, when any intermediate size is as good as none.</summary>
    public DenseSpec? ReadDense(bool[] isSparse)
    {
        if (family.DenseIntermediateSizeKey is not { } key)
        {
            return null;
        }

        if (!isSparse.Contains(false))
        {
            _ = config.Has(key);
            return null;
        }

        return new DenseSpec(config.Int(key, 1, SpecBounds.MaxWidth), ReadActivation());
    }

    private int ReadTopK(string expertsKey, int numExperts)
    {
        if (Experts.FixedTopK is { } fixedTopK)
        {
            return fixedTopK;
        }

        string key = Experts.TopKKeys.FirstOrDefault(config.Has) ?? Experts.TopKKeys[0];
        int topK = config.Int(key, 1, SpecBounds.MaxExperts);
        if (topK > numExperts && !config.HasErrors)
        {
            config.ReportAt(
                key, SpecRules.ContradictoryValues,
                $"{key} is {topK} but {expertsKey} is {numExperts}", $"expected it between 1 and {expertsKey}");
        }

        foreach (string other in Experts.TopKKeys.Where(other => other != key))
        {
            if (config.IntOrNull(other, 1, SpecBounds.MaxExperts) is { } value && value != topK && !config.HasErrors)
            {
                config.ReportAt(other, SpecRules.ContradictoryValues, $"{other} is {value} but {key} is {topK}", "expected both equal");
            }
        }

        if (Router.Kind == RouterKind.SparseMixer && topK != 2 && !config.HasErrors)
        {
            config.ReportAt(key, SpecRules.UnsupportedSetting, key, config.Describe(key), family.ModelType, "2, as a sparse mixer has it");
        }

        return topK;
    }

    private RouterSpec ReadRouter(string expertsKey, int numExperts, int topK)
    {
        bool normalize = Router.NormalizeKey is null ? Router.Normalizes : config.BoolOrNull(Router.NormalizeKey) ?? Router.Normalizes;
        double scale = Router.ScaleKey is null ? 1 : config.PositiveDoubleOrNull(Router.ScaleKey) ?? Router.DefaultScale;
        ReadGroups(expertsKey, numExperts, topK, out int numGroups, out int topKGroups);

        // DeepSeek-V2 divides a single weight by nothing
        normalize &= !(Router.ScalesOnlyPlain && topK == 1);
        return new RouterSpec(Router.Kind)
        {
            Normalize = normalize,
            Scale = normalize && Router.ScalesOnlyPlain ? 1 : scale,
            NumGroups = numGroups,
            TopKGroups = topKGroups,
            HasBias = Router.BiasKey is null ? Router.HasBias : config.BoolOrNull(Router.BiasKey) ?? Router.HasBias,
            Capacity = Router.CapacityKey is null
                ? null
                : config.IntOrNull(Router.CapacityKey, 1, SpecBounds.MaxPositions) ?? Router.DefaultCapacity,
            Jitter = Router.JitterKey is null ? 0 : config.NonNegativeDoubleOrNull(Router.JitterKey) ?? Router.DefaultJitter,
        };
    }

    private void ReadGroups(string expertsKey, int numExperts, int topK, out int numGroups, out int topKGroups)
    {
        const string GroupsKey = "n_group";
        const string TopKGroupsKey = "topk_group";
        numGroups = topKGroups = 1;
        if (!Router.HasGroups)
        {
            return;
        }

        int groups = config.IntOrNull(GroupsKey, 1, SpecBounds.MaxExperts) ?? Router.DefaultNumGroups;
        int chosen = config.IntOrNull(TopKGroupsKey, 1, SpecBounds.MaxExperts) ?? Router.DefaultTopKGroups;
        bool isOn = Router.GroupMethod is null || config.StringValue("topk_method") == Router.GroupMethod;
        if (!isOn || groups == 1 || config.HasErrors)
        {
            return;
        }

        if (numExperts % groups != 0)
        {
            config.ReportAt(
                GroupsKey, SpecRules.ContradictoryValues,
                $"{GroupsKey} is {groups} but {expertsKey} is {numExperts}", $"expected a divisor of {expertsKey}");
        }
        else if (chosen > groups)
        {
            config.ReportAt(
                TopKGroupsKey, SpecRules.ContradictoryValues,
                $"{TopKGroupsKey} is {chosen} but {GroupsKey} is {groups}", $"expected it between 1 and {GroupsKey}");
        }
        else if (chosen * (numExperts / groups) < topK)
        {
            config.ReportAt(
                TopKGroupsKey, SpecRules.ContradictoryValues,
                $"{TopKGroupsKey} {chosen} leaves {chosen * (numExperts / groups)} experts, fewer than the {topK} of a token",
                "expected more groups");
        }

        numGroups = groups;
        topKGroups = chosen;
    }

    private SharedExpertSpec? ReadSharedExpert(int expertIntermediateSize)
    {
        if (Experts.SharedCountKey is { } countKey)
        {
            // null and 0 say that there is none
            int count = config.Contains(countKey)
                ? config.IntOrNull(countKey, 0, SpecBounds.MaxExperts) ?? 0
                : Experts.DefaultSharedCount;
            long width = (long)count * expertIntermediateSize;
            if (width > SpecBounds.MaxWidth && !config.HasErrors)
            {
                config.ReportAt(
                    countKey, SpecRules.ContradictoryValues,
                    $"{countKey} is {count} and {Experts.IntermediateSizeKey} is {expertIntermediateSize}",
                    $"expected a product of at most {SpecBounds.MaxWidth}");
            }

            return count == 0 || config.HasErrors ? null : new SharedExpertSpec((int)width, Experts.IsSharedGated);
        }

        return Experts.SharedIntermediateSizeKey is { } sizeKey
            ? new SharedExpertSpec(config.Int(sizeKey, 1, SpecBounds.MaxWidth), Experts.IsSharedGated)
            : null;
    }

    private ActivationSpec ReadExpertActivation()
    {
        if (Experts.SwiGluLimitKey is not { } limitKey)
        {
            return ReadActivation();
        }

        // the limit is gpt-oss's default
        ActivationSpec clamped = new("ClampedSwiGlu", config.PositiveDoubleOrNull(limitKey) ?? 7);
        if (ReadActivation().Kernel != "SwiGlu")
        {
            config.ReportAt(
                ActivationKey, SpecRules.UnsupportedSetting, ActivationKey, config.Describe(ActivationKey), family.ModelType, "\"silu\"");
        }

        return clamped;
    }

    private ActivationSpec ReadActivation()
    {
        string name = config.StringOrNull(ActivationKey) ?? family.DefaultActivation;
        string? kernel = name switch
        {
            "silu" or "swish" => "SwiGlu",
            "gelu" => "GeGlu",
            "gelu_new" or "gelu_pytorch_tanh" => "GeGluTanh",
            "relu" => "ReGlu",
            _ => null,
        };
        if (kernel is null && !config.HasErrors)
        {
            config.ReportAt(
                ActivationKey, SpecRules.UnsupportedSetting, ActivationKey, config.Describe(ActivationKey), family.ModelType,
                "\"silu\", \"gelu\", \"gelu_pytorch_tanh\" or \"relu\"");
        }

        foreach (string other in family.ActivationKeys.Where(key => key != ActivationKey))
        {
            if (config.StringOrNull(other) is { } value && value != name && !config.HasErrors)
            {
                config.ReportAt(
                    other, SpecRules.ContradictoryValues,
                    $"{other} is {config.Describe(other)} but {ActivationKey} is {config.Describe(ActivationKey)}", "expected both equal");
            }
        }

        return new ActivationSpec(kernel ?? "SwiGlu") { IsUngated = family.IsUngated };
    }
}
