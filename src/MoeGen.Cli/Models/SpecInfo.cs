using MoeGen.Experts;
using MoeGen.Generator.Spec;

namespace MoeGen.Cli.Models;

/// <summary>A spec as the runtime describes models: what generated code would say of itself, without generating it.</summary>
internal static class SpecInfo
{
    public static ModelInfo Of(ModelSpec spec, string name)
    {
        SpecSizes sizes = new(spec);
        AttentionSpec attention = spec.Attention;
        return new ModelInfo
        {
            Name = name,
            ModelType = spec.ModelType,
            Fingerprint = SpecFingerprint.Of(spec),
            WeightFormat = FormatOf(spec.WeightFormat),
            NumLayers = spec.FirstLayer + spec.NumLayers,
            NumEncoderLayers = spec.FirstLayer,
            SparseLayers = [.. spec.AllSparseLayers],
            NumExperts = spec.Sparse.NumExperts,
            TopK = spec.Sparse.TopK,
            ExpertCapacity = spec.Sparse.Router.Capacity,
            RouterProbabilities = Enum.Parse<RouterProbabilities>(spec.Sparse.Router.Probabilities),
            HiddenSize = spec.HiddenSize,
            VocabSize = spec.VocabSize,
            MaxPositions = spec.MaxPositions,
            HasRelativePositions = attention is GroupedQuerySpec { RelativeBias: not null },
            NumKeyValueHeads = attention.NumKeyHeads,
            KeyDim = attention.KeyDim,
            ValueDim = attention.CacheValueDim,
            AttentionWindow = spec.AttentionWindow,
            WindowLayers = [.. spec.WindowLayers],
            RopeSwitchLength = (spec.Rope as LongRopeSpec)?.OriginalMaxPositions,
            Fp8Block = spec.Fp8Block is { } block ? new Weights.Fp8Block(block.Rows, block.Columns) : null,
            TotalParameters = sizes.TotalParameters,
            ActiveParameters = sizes.ActiveParameters,
            DenseBytes = sizes.Dense.Bytes,
            DenseBytesPerStep = sizes.DenseBytesPerStep,
            ExpertBytes = sizes.Expert.Bytes,
            WorkspaceBytesPerToken = PassBuffer.TotalBytesPerToken(spec),
            BosTokenId = spec.BosTokenId,
            DecoderStartTokenId = spec.Encoder?.DecoderStartTokenId,
            EosTokenIds = [.. spec.EosTokenIds],
        };
    }

    /// <summary>The runtime's word for a format.</summary>
    public static Weights.WeightFormat FormatOf(WeightFormat format) => Enum.Parse<Weights.WeightFormat>(format.ToString());
}
