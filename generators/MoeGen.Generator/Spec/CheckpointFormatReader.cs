using System.Collections.Generic;
using MoeGen.Generator.Spec.Families;

namespace MoeGen.Generator.Spec;

/// <summary>Reads how the checkpoint stores its weights, and with it how a model holds them.</summary>
internal sealed class CheckpointFormatReader(ConfigReader config, Family family)
{
    private const string QuantizationKey = "quantization_config";

    /// <summary>The format in memory: what was asked for, else <c>torch_dtype</c>.</summary>
    public WeightFormat ReadWeightFormat(WeightFormat? asked)
    {
        // newer configs call it dtype
        string key = config.Has("dtype") ? "dtype" : "torch_dtype";
        _ = config.Has("torch_dtype");
        string? dtype = config.StringOrNull(key);
        if (asked is not null)
        {
            return asked.Value;
        }

        switch (dtype)
        {
            case "bfloat16":
                return WeightFormat.BF16;
            case "float16":
                return WeightFormat.F16;
            case "float32":
                return WeightFormat.F32;
            case null:
                // quantised checkpoints keep the rest in bfloat16, whether they say so or not
                return config.Has(QuantizationKey) ? WeightFormat.BF16 : WeightFormat.F32;
            default:
                config.ReportAt(
                    key, SpecRules.UnsupportedSetting, key, config.Describe(key), family.ModelType,
                    "\"bfloat16\", \"float16\" or \"float32\"");
                return WeightFormat.F32;
        }
    }

    /// <summary>The blocks of an FP8 checkpoint; null for others. MXFP4 is seen by the tensors themselves.</summary>
    public Fp8BlockSpec? ReadFp8Block()
    {
        const string MethodKey = "quant_method";
        const string BlockKey = "weight_block_size";
        if (config.ObjectOrNull(QuantizationKey) is not { } quantization)
        {
            return null;
        }

        string? method = quantization.StringOrNull(MethodKey);
        bool canBeMxfp4 = family.Tensors.Stacking == ExpertStacking.Interleaved;
        if (method == "mxfp4" && canBeMxfp4)
        {
            return null;
        }

        if (method != "fp8")
        {
            quantization.ReportAt(
                MethodKey, SpecRules.UnsupportedSetting, quantization.NameOf(MethodKey), quantization.Describe(MethodKey),
                family.ModelType, canBeMxfp4 ? "\"mxfp4\" or \"fp8\"" : "\"fp8\"");
            return null;
        }

        RequireE4M3(quantization);
        IReadOnlyList<int> block = quantization.Ints(BlockKey, 1, SpecBounds.MaxWidth);
        if (block.Count != 2 && !config.HasErrors)
        {
            quantization.ReportAt(
                BlockKey, SpecRules.MissingKey, quantization.NameOf(BlockKey), "two integers, the rows and columns that share a scale");
        }

        return block.Count == 2 ? new Fp8BlockSpec(block[0], block[1]) : null;
    }

    private void RequireE4M3(ConfigReader quantization)
    {
        const string FormatKey = "fmt";
        if (quantization.StringOrNull(FormatKey) is not (null or "e4m3"))
        {
            quantization.ReportAt(
                FormatKey, SpecRules.UnsupportedSetting, quantization.NameOf(FormatKey), quantization.Describe(FormatKey),
                family.ModelType, "\"e4m3\"");
        }
    }
}
