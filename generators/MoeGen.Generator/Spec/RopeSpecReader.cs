using System;
using System.Linq;
using MoeGen.Generator.Spec.Families;
using MoeGen.Generator.Spec.Json;

namespace MoeGen.Generator.Spec;

/// <summary>
/// Reads <c>rope_theta</c> with <c>rope_scaling</c>, or the newer <c>rope_parameters</c> that holds both.
/// Reference: transformers <c>modeling_rope_utils</c>.
/// </summary>
internal sealed class RopeSpecReader(ConfigReader config, Family family)
{
    private const string ThetaKey = "rope_theta";

    public RopeSpec Read(int maxPositions)
    {
        string key = config.Has("rope_parameters") ? "rope_parameters" : "rope_scaling";
        _ = config.Has("rope_scaling");
        ConfigReader? scaling = config.ObjectOrNull(key);
        double? outerTheta = config.PositiveDoubleOrNull(ThetaKey);
        double theta = scaling?.PositiveDoubleOrNull(ThetaKey) ?? outerTheta ?? family.DefaultRopeTheta;
        if (scaling is null)
        {
            return new DefaultRopeSpec(theta);
        }

        // older configs call it type
        string typeKey = scaling.Has("rope_type") ? "rope_type" : "type";
        _ = scaling.Has("type");
        RopeSpec? rope = ReadScaling(scaling, typeKey, theta, maxPositions);
        if (rope is null)
        {
            scaling.ReportAt(
                typeKey, SpecRules.UnsupportedSetting,
                scaling.NameOf(typeKey), scaling.Describe(typeKey), family.ModelType, "\"default\", \"linear\", \"llama3\" or \"yarn\"");
            return new DefaultRopeSpec(theta);
        }

        foreach (JsonMember member in scaling.UnreadMembers.Where(member => member.Value is not JsonNull).ToArray())
        {
            scaling.Report(
                SpecRules.UnsupportedSetting, member.Value.Range,
                scaling.NameOf(member.Name), member.Value.Describe(), "this type of rope", "no such key");
        }

        return rope;
    }

    // null: a type that is not supported
    private static RopeSpec? ReadScaling(ConfigReader scaling, string typeKey, double theta, int maxPositions) =>
        (scaling.StringOrNull(typeKey) ?? "default") switch
        {
            "default" => new DefaultRopeSpec(theta),
            "linear" => new LinearRopeSpec(theta, scaling.PositiveDouble("factor")),
            "llama3" => ReadLlama3(scaling, theta),
            "yarn" => ReadYarn(scaling, theta, maxPositions),
            _ => null,
        };

    private static Llama3RopeSpec ReadLlama3(ConfigReader scaling, double theta)
    {
        double factor = scaling.PositiveDouble("factor");
        double low = scaling.PositiveDouble("low_freq_factor");
        double high = scaling.PositiveDouble("high_freq_factor");
        int original = scaling.Int("original_max_position_embeddings", 1, int.MaxValue);
        if (high <= low && !scaling.HasErrors)
        {
            scaling.ReportAt(
                "high_freq_factor", SpecRules.ContradictoryValues,
                $"{scaling.NameOf("high_freq_factor")} is {ConfigNumbers.Format(high)} but low_freq_factor is {ConfigNumbers.Format(low)}",
                "expected it above low_freq_factor");
        }

        return new Llama3RopeSpec(theta, factor, low, high, original);
    }

    private static YarnRopeSpec ReadYarn(ConfigReader scaling, double theta, int maxPositions)
    {
        double factor = scaling.PositiveDouble("factor");
        int original = scaling.IntOrNull("original_max_position_embeddings", 1, int.MaxValue) ?? maxPositions;
        double betaFast = scaling.PositiveDoubleOrNull("beta_fast") ?? 32;
        double betaSlow = scaling.PositiveDoubleOrNull("beta_slow") ?? 1;
        double? attentionFactor = scaling.PositiveDoubleOrNull("attention_factor");
        double? mscale = scaling.PositiveDoubleOrNull("mscale");
        double? mscaleAllDim = scaling.PositiveDoubleOrNull("mscale_all_dim");
        bool truncate = scaling.BoolOrNull("truncate") ?? true;

        // without an explicit factor: the ratio of both scales where given, else 0.1 ln(factor) + 1 (YaRN, equation 22)
        attentionFactor ??= mscale is not null && mscaleAllDim is not null
            ? Scale(factor, mscale.Value) / Scale(factor, mscaleAllDim.Value)
            : Scale(factor, 1);
        return new YarnRopeSpec(theta, factor, original, betaFast, betaSlow, attentionFactor.Value, truncate);
    }

    private static double Scale(double factor, double mscale) => factor <= 1 ? 1 : (0.1 * mscale * Math.Log(factor)) + 1;
}
