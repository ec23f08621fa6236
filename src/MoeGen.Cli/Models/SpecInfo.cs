using MoeGen.Generator.Spec;

namespace MoeGen.Cli.Models;

/// <summary>A spec as the runtime describes models: what generated code would say of itself, without generating it.</summary>
internal static class SpecInfo
{
    public static ModelInfo Of(ModelSpec spec, string name)
    {
        SpecSizes sizes = new(spec);
        AttentionSpec attention = spec.Kinds[0].Attention;
        return new ModelInfo
        {
            Name = name,
            ModelType = spec.ModelType,
            Fingerprint = SpecFingerprint.Of(spec),
            WeightFormat = Enum.Parse<Weights.WeightFormat>(spec.WeightFormat.ToString()),
            NumLayers = spec.NumLayers,
            SparseLayers = [.. Enumerable.Range(0, spec.NumLayers).Where(layer => spec.KindOf(layer).FeedForward is SparseSpec)],
            NumExperts = spec.Sparse.NumExperts,
            TopK = spec.Sparse.TopK,
            HiddenSize = spec.HiddenSize,
            VocabSize = spec.VocabSize,
            MaxPositions = spec.MaxPositions,
            NumKeyValueHeads = attention.NumKeyValueHeads,
            KeyDim = attention.HeadDim,
            ValueDim = attention.HeadDim,
            TotalParameters = sizes.TotalParameters,
            ActiveParameters = sizes.ActiveParameters,
            DenseBytes = sizes.Dense.Bytes,
            ExpertBytes = sizes.Expert.Bytes,
            WorkspaceBytesPerToken = PassBuffer.TotalBytesPerToken(spec),
            BosTokenId = spec.BosTokenId,
            EosTokenIds = [.. spec.EosTokenIds],
        };
    }
}
