using System;
using MoeGen.Generator.Spec.Families;

namespace MoeGen.Generator.Spec;

/// <summary>Reads the heads, projections and norms of the attention: what all layers of a model have in common.</summary>
internal sealed class AttentionSpecReader(ConfigReader config, Family family)
{
    private const string KeyValueHeadsKey = "num_key_value_heads";

    private AttentionKeys Keys => family.Attention;

    private string HeadsKey => Keys.HeadsKey;

    private string HeadDimKey => Keys.HeadDimKey;

    public AttentionSpec Read(int hiddenSize) => Keys.IsLatent ? ReadLatent() : ReadGroupedQuery(hiddenSize);

    /// <summary>Elements of a head that rotary positions turn.</summary>
    public int ReadRopeDim(AttentionSpec attention, RopeKeys keys)
    {
        if (attention is LatentSpec latent)
        {
            return latent.RopeDim;
        }

        int headDim = attention.KeyDim;
        if (keys.PartialFactorKey is null)
        {
            return headDim;
        }

        double factor = config.PositiveDoubleOrNull(keys.PartialFactorKey)
            ?? config.ObjectOrNull("rope_parameters")?.PositiveDoubleOrNull(keys.PartialFactorKey) ?? keys.DefaultPartialFactor;
        int dim = factor <= 1 ? (int)(headDim * factor) : 0;
        if ((dim < 2 || dim % 2 != 0) && !config.HasErrors)
        {
            config.ReportAt(
                keys.PartialFactorKey, SpecRules.ContradictoryValues,
                $"{keys.PartialFactorKey} is {ConfigNumbers.Format(factor)} of a head of {headDim}",
                "expected a share up to 1 that gives an even number of elements");
        }

        return Math.Max(2, dim);
    }

    private GroupedQuerySpec ReadGroupedQuery(int hiddenSize)
    {
        int heads = config.Int(HeadsKey, 1, SpecBounds.MaxHeads);
        int keyValueHeads = config.IntOrNull(KeyValueHeadsKey, 1, SpecBounds.MaxHeads) ?? heads;
        if (heads % keyValueHeads != 0)
        {
            config.ReportAt(
                KeyValueHeadsKey, SpecRules.ContradictoryValues,
                $"{KeyValueHeadsKey} is {keyValueHeads} but {HeadsKey} is {heads}", $"expected a divisor of {HeadsKey}");
        }

        int headDim = ReadHeadDim(hiddenSize, heads);
        bool hasBias = ReadBias();
        bool hasNorm = Keys.NormKey is null || (config.BoolOrNull(Keys.NormKey) ?? Keys.HasNormByDefault);
        double scale = Keys.IsUnscaled ? 1
            : Keys.ScaleKey is null ? 1 / Math.Sqrt(headDim) : config.PositiveDoubleOrNull(Keys.ScaleKey) ?? 1;
        return new GroupedQuerySpec(heads, scale, keyValueHeads, headDim)
        {
            Norm = hasNorm ? Keys.Norm : QueryKeyNorm.None,
            HasBias = hasBias,
            HasOutputBias = hasBias && Keys.HasOutputBias,
            HasSinks = Keys.HasSinks,
            Clip = Keys.ClipKey is null ? null : config.PositiveDoubleOrNull(Keys.ClipKey),
            Temperature = ReadTemperature(),
            RelativeBias = Keys.HasRelativeBias ? ReadRelativeBias() : null,
        };
    }

    private int ReadHeadDim(int hiddenSize, int heads)
    {
        int? headDim = config.IntOrNull(HeadDimKey, 2, SpecBounds.MaxHeadDim) ?? Keys.DefaultHeadDim;
        if (headDim is null && hiddenSize % heads != 0)
        {
            config.ReportAt(
                HeadsKey, SpecRules.ContradictoryValues,
                $"{HeadsKey} is {heads} but hidden_size is {hiddenSize} and {HeadDimKey} is absent",
                $"expected a divisor of hidden_size, or {HeadDimKey}");
        }

        int dim = headDim ?? Math.Max(1, hiddenSize / heads);
        if (family.Rope is not null)
        {
            RequireEven(headDim is null ? HeadsKey : HeadDimKey, HeadDimKey, dim);
        }

        return dim;
    }

    private LatentSpec ReadLatent()
    {
        const string QueryRankKey = "q_lora_rank";
        const string RopeDimKey = "qk_rope_head_dim";
        int heads = config.Int(HeadsKey, 1, SpecBounds.MaxHeads);
        if (config.IntOrNull(KeyValueHeadsKey, 1, SpecBounds.MaxHeads) is { } keyValueHeads && keyValueHeads != heads)
        {
            config.ReportAt(
                KeyValueHeadsKey, SpecRules.ContradictoryValues,
                $"{KeyValueHeadsKey} is {keyValueHeads} but {HeadsKey} is {heads}",
                "expected both equal, because latent attention has keys and values for every head");
        }

        // null says that there is none; a config without the key leaves it open
        int? queryRank = config.Contains(QueryRankKey)
            ? config.IntOrNull(QueryRankKey, 1, SpecBounds.MaxWidth)
            : config.Int(QueryRankKey, 1, SpecBounds.MaxWidth);
        int latentRank = config.Int("kv_lora_rank", 1, SpecBounds.MaxWidth);
        int nopeDim = config.Int("qk_nope_head_dim", 1, SpecBounds.MaxHeadDim);
        int ropeDim = config.Int(RopeDimKey, 2, SpecBounds.MaxHeadDim);
        int valueDim = config.Int("v_head_dim", 1, SpecBounds.MaxHeadDim);
        RequireEven(RopeDimKey, RopeDimKey, ropeDim);

        // newer configs repeat the rotated part under the usual name
        if (config.IntOrNull(HeadDimKey, 1, SpecBounds.MaxHeadDim) is { } headDim && headDim != ropeDim && !config.HasErrors)
        {
            config.ReportAt(
                HeadDimKey, SpecRules.ContradictoryValues,
                $"{HeadDimKey} is {headDim} but {RopeDimKey} is {ropeDim}", $"expected no {HeadDimKey}, or the same number");
        }

        return new LatentSpec(heads, 1 / Math.Sqrt(nopeDim + ropeDim), queryRank, latentRank, nopeDim, ropeDim, valueDim, ReadBias());
    }

    private RelativeBiasSpec ReadRelativeBias()
    {
        const string BucketsKey = "relative_attention_num_buckets";
        const string DistanceKey = "relative_attention_max_distance";

        // each direction needs a bucket of its own for a distance, and one for all that are larger
        int buckets = config.IntOrNull(BucketsKey, 4, SpecBounds.MaxRelativeDistance) ?? 32;
        int distance = config.IntOrNull(DistanceKey, 1, SpecBounds.MaxRelativeDistance) ?? 128;
        if (distance <= buckets / 2 && !config.HasErrors)
        {
            config.ReportAt(
                DistanceKey, SpecRules.ContradictoryValues,
                $"{DistanceKey} is {distance} but {BucketsKey} is {buckets}", "expected a distance above half of the buckets");
        }

        return new RelativeBiasSpec(buckets, distance);
    }

    private bool ReadBias() => Keys.BiasKey is not null && (config.BoolOrNull(Keys.BiasKey) ?? Keys.HasBiasByDefault);

    private TemperatureSpec? ReadTemperature()
    {
        if (!Keys.HasTemperature)
        {
            return null;
        }

        // some published files write 4 for true
        bool isOn = config.BoolOrInt("attn_temperature_tuning") ?? true;
        double scale = config.PositiveDoubleOrNull("attn_scale") ?? 0.1;
        double floor = config.PositiveDoubleOrNull("floor_scale") ?? 8192;
        return isOn ? new TemperatureSpec(scale, floor) : null;
    }

    private void RequireEven(string key, string name, int dim)
    {
        if (dim % 2 != 0 && !config.HasErrors)
        {
            config.ReportAt(
                key, SpecRules.ValueOutOfRange, name, ConfigNumbers.Format(dim), "an even number, because rotary positions turn pairs");
        }
    }
}
