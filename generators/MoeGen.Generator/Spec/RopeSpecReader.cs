using System;
using System.Collections.Generic;
using System.Linq;
using MoeGen.Generator.Spec.Families;
using MoeGen.Generator.Spec.Json;

namespace MoeGen.Generator.Spec;

/// <summary>
/// Reads <c>rope_theta</c> with <c>rope_scaling</c>, or the newer <c>rope_parameters</c> that holds both.
/// Reference: transformers <c>modeling_rope_utils</c>.
/// </summary>
/// <param name="config">The config.</param>
/// <param name="family">Its family.</param>
/// <param name="keys">Rotary positions of the family.</param>
/// <param name="dim">Elements of a head that turn.</param>
/// <param name="maxPositions">Longest text that the config names.</param>
internal sealed class RopeSpecReader(ConfigReader config, Family family, RopeKeys keys, int dim, int maxPositions)
{
    private const string ThetaKey = "rope_theta";
    private const string OriginalKey = "original_max_position_embeddings";
    private const string AttentionFactorKey = "attention_factor";

    private ConfigReader _scaling = null!; // set before anything is read from it

    /// <summary>What latent attention multiplies the softmax scale by: the square of YaRN's scale for <c>mscale_all_dim</c>.</summary>
    public double SoftmaxScale { get; private set; } = 1;

    public RopeSpec Read()
    {
        bool isInterleaved = keys.InterleaveKey is null
            ? keys.IsInterleaved
            : config.BoolOrNull(keys.InterleaveKey) ?? keys.IsInterleaved;
        return ReadFrequencies() with { Dim = dim, IsInterleaved = isInterleaved };
    }

    private RopeSpec ReadFrequencies()
    {
        string key = config.Has("rope_parameters") ? "rope_parameters" : "rope_scaling";
        _ = config.Has("rope_scaling");
        ConfigReader? scaling = config.ObjectOrNull(key);
        double? outerTheta = config.PositiveDoubleOrNull(ThetaKey);
        double theta = scaling?.PositiveDoubleOrNull(ThetaKey) ?? outerTheta ?? keys.DefaultTheta;
        if (scaling is null)
        {
            bool isOpen = !config.Contains("rope_scaling") && !config.Contains("rope_parameters");
            return isOpen && keys.WithoutScaling is { } whole ? whole with { Theta = theta } : new DefaultRopeSpec(theta);
        }

        _scaling = scaling;

        // older configs call it type
        string typeKey = scaling.Has("rope_type") ? "rope_type" : "type";
        _ = scaling.Has("type");
        RopeSpec? rope = ReadScaling(typeKey, theta);
        if (rope is null)
        {
            scaling.ReportAt(
                typeKey, SpecRules.UnsupportedSetting, scaling.NameOf(typeKey), scaling.Describe(typeKey), family.ModelType,
                "\"default\", \"linear\", \"dynamic\", \"llama3\", \"yarn\" or \"longrope\"");
            return new DefaultRopeSpec(theta);
        }

        // transformers 5 keeps the share of a head that turns here; AttentionSpecReader reads it
        _ = keys.PartialFactorKey is not null && scaling.Has(keys.PartialFactorKey);
        foreach (JsonMember member in scaling.UnreadMembers.Where(member => member.Value is not JsonNull).ToArray())
        {
            scaling.Report(
                SpecRules.UnsupportedSetting, member.Value.Range,
                scaling.NameOf(member.Name), member.Value.Describe(), "this type of rope", "no such key");
        }

        return rope;
    }

    // null: a type that is not supported
    private RopeSpec? ReadScaling(string typeKey, double theta) =>
        (_scaling.StringOrNull(typeKey) ?? "default") switch
        {
            "default" => new DefaultRopeSpec(theta),
            "linear" => new LinearRopeSpec(theta, _scaling.PositiveDouble("factor")),
            "dynamic" => ReadDynamic(theta),
            "llama3" => ReadLlama3(theta),
            "yarn" => ReadYarn(theta),

            // Phi-3's first configs called it su
            "longrope" or "su" => ReadLongRope(theta),
            _ => null,
        };

    private DynamicRopeSpec ReadDynamic(double theta)
    {
        double factor = _scaling.PositiveDouble("factor");

        // the reference goes by max_position_embeddings, whatever stands here
        _ = _scaling.IntOrNull(OriginalKey, 1, SpecBounds.MaxPositions);
        if (dim <= 2 && !_scaling.HasErrors)
        {
            config.ReportAt(
                "rope_scaling", SpecRules.ContradictoryValues, $"rope_scaling is dynamic but only {dim} elements of a head turn",
                "expected more than 2");
        }

        return new DynamicRopeSpec(theta, factor, maxPositions);
    }

    private Llama3RopeSpec ReadLlama3(double theta)
    {
        double factor = _scaling.PositiveDouble("factor");
        double low = _scaling.PositiveDouble("low_freq_factor");
        double high = _scaling.PositiveDouble("high_freq_factor");
        int original = _scaling.Int(OriginalKey, 1, SpecBounds.MaxPositions);
        if (high <= low && !_scaling.HasErrors)
        {
            _scaling.ReportAt(
                "high_freq_factor", SpecRules.ContradictoryValues,
                $"{_scaling.NameOf("high_freq_factor")} is {ConfigNumbers.Format(high)} but low_freq_factor is {ConfigNumbers.Format(low)}",
                "expected it above low_freq_factor");
        }

        return new Llama3RopeSpec(theta, factor, low, high, original);
    }

    private YarnRopeSpec ReadYarn(double theta)
    {
        double factor = _scaling.PositiveDouble("factor");
        int original = _scaling.IntOrNull(OriginalKey, 1, SpecBounds.MaxPositions) ?? maxPositions;
        double betaFast = _scaling.PositiveDoubleOrNull("beta_fast") ?? 32;
        double betaSlow = _scaling.PositiveDoubleOrNull("beta_slow") ?? 1;
        double? attentionFactor = _scaling.PositiveDoubleOrNull(AttentionFactorKey);
        double mscale = _scaling.NonNegativeDoubleOrNull("mscale") ?? 0;
        double mscaleAllDim = _scaling.NonNegativeDoubleOrNull("mscale_all_dim") ?? 0;
        bool truncate = _scaling.BoolOrNull("truncate") ?? true;
        if (family.Attention.IsLatent && mscaleAllDim > 0)
        {
            SoftmaxScale = Math.Pow(Scale(factor, mscaleAllDim), 2);
        }

        // without an explicit factor: the ratio of both scales where given, else 0.1 ln(factor) + 1 (YaRN, equation 22)
        attentionFactor ??= mscale > 0 && mscaleAllDim > 0 ? Scale(factor, mscale) / Scale(factor, mscaleAllDim) : Scale(factor, 1);
        return new YarnRopeSpec(theta, factor, original, betaFast, betaSlow, attentionFactor.Value, truncate);
    }

    private LongRopeSpec ReadLongRope(double theta)
    {
        int? outerOriginal = config.IntOrNull(OriginalKey, 1, SpecBounds.MaxPositions);
        int original = _scaling.IntOrNull(OriginalKey, 1, SpecBounds.MaxPositions) ?? outerOriginal ?? maxPositions;
        double? written = _scaling.PositiveDoubleOrNull("factor");

        // an original length of the whole config makes the factor a ratio, whatever is written
        double factor = outerOriginal is null && written is not null ? written.Value : (double)maxPositions / original;

        // without explicit factors: sqrt(1 + ln(factor) / ln(original length)) (LongRoPE, section 3.3)
        double scale = _scaling.PositiveDoubleOrNull(AttentionFactorKey)
            ?? (factor <= 1 ? 1 : Math.Sqrt(1 + (Math.Log(factor) / Math.Log(original))));
        double shortScale = _scaling.PositiveDoubleOrNull("short_mscale") ?? scale;
        double longScale = _scaling.PositiveDoubleOrNull("long_mscale") ?? scale;
        return new LongRopeSpec(theta, ReadFactors("short_factor"), ReadFactors("long_factor"), original, shortScale, longScale);
    }

    // null is accepted: the shape of such a model is known, and only running it needs the factors
    private EquatableArray<double> ReadFactors(string key)
    {
        if (!_scaling.Contains(key))
        {
            _scaling.ReportAt(key, SpecRules.MissingKey, _scaling.NameOf(key), $"a list of {dim / 2} numbers");
        }

        IReadOnlyList<double> factors = _scaling.PositiveDoubles(key);
        if (factors.Count > 0 && factors.Count != dim / 2 && !_scaling.HasErrors)
        {
            _scaling.ReportAt(
                key, SpecRules.ContradictoryValues,
                $"{_scaling.NameOf(key)} has {factors.Count} numbers but {dim} elements of a head turn",
                $"expected {dim / 2}, one for each pair");
        }

        return new EquatableArray<double>(factors);
    }

    private static double Scale(double factor, double mscale) => factor <= 1 ? 1 : (0.1 * mscale * Math.Log(factor)) + 1;
}
