using System.Linq;
using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Emit.Config;

/// <summary>The numbers of the config as documented constants of the model's class.</summary>
internal sealed class ConfigFeature : Feature<ConfigInfo>
{
    public override string Name => "Config";

    // the fingerprint covers the whole spec, so this file follows every change of it
    public override ConfigInfo GetInfo(ModelDeclaration model) => new(model.Name, model.Spec);

    protected override void Write(CodeWriter writer, ConfigInfo info)
    {
        ModelSpec spec = info.Spec;
        writer.UserNamespace(info.Model);
        writer.Open($"partial class {info.Model.ClassName}");
        foreach ((string summary, string name, int value) in EncoderConstants(spec).Concat(Constants(spec)))
        {
            writer.Summary(summary);
            writer.Line($"public const int {name} = {value};");
            writer.Line();
        }

        WriteModelInfo(writer, info);
        writer.Close();
    }

    private static (string Summary, string Name, int Value)[] EncoderConstants(ModelSpec spec) =>
        spec.Encoder is not { } encoder ? [] :
        [
            ("Layers of the encoder.", "NumEncoderLayers", encoder.LayerKinds.Count),
            ("Layers of the decoder.", "NumDecoderLayers", spec.NumLayers),
            ("Token from which the decoder starts to write.", "DecoderStartTokenId", encoder.DecoderStartTokenId),
        ];

    private static (string Summary, string Name, int Value)[] Constants(ModelSpec spec)
    {
        AttentionSpec attention = spec.Attention;
        string positions = attention is GroupedQuerySpec { RelativeBias: not null }
            ? "Sequence that the model was made for, in tokens; being relative, positions go on beyond it."
            : "Longest sequence, in tokens.";
        return
        [
            ("Layers, dense and sparse.", "NumLayers", spec.FirstLayer + spec.NumLayers),
            ("Width of the residual stream, in elements.", "HiddenSize", spec.HiddenSize),
            ("Routed experts of a sparse layer.", "NumExperts", spec.Sparse.NumExperts),
            ("Experts chosen for each token.", "TopK", spec.Sparse.TopK),
            ("Query heads of a layer.", "NumHeads", attention.NumHeads),
            ("Heads of keys and values in the cache of a layer.", "NumKeyValueHeads", attention.NumKeyHeads),
            ("Elements of a key in the cache.", "KeyDim", attention.KeyDim),
            ("Tokens of the vocabulary.", "VocabSize", spec.VocabSize),
            (positions, "MaxPositions", spec.MaxPositions),
        ];
    }

    private static void WriteModelInfo(CodeWriter writer, ConfigInfo info)
    {
        ModelSpec spec = info.Spec;
        SpecSizes sizes = new(spec);
        writer.Summary("The model in numbers.");
        writer.Open("public static global::MoeGen.ModelInfo ModelInfo { get; } = new()");
        writer.Lines($"""
            Name = "{info.Model.ClassName}",
            ModelType = "{spec.ModelType}",
            Fingerprint = "{SpecFingerprint.Of(spec)}",
            WeightFormat = global::MoeGen.Weights.WeightFormat.{spec.WeightFormat},
            NumLayers = NumLayers,
            SparseLayers = {Words.Collection(spec.AllSparseLayers)},
            NumExperts = NumExperts,
            TopK = TopK,
            HiddenSize = HiddenSize,
            VocabSize = VocabSize,
            MaxPositions = MaxPositions,
            NumKeyValueHeads = NumKeyValueHeads,
            KeyDim = KeyDim,
            ValueDim = {spec.Attention.CacheValueDim},
            RouterProbabilities = global::MoeGen.Experts.RouterProbabilities.{spec.Sparse.Router.Probabilities},
            TotalParameters = {sizes.TotalParameters},
            ActiveParameters = {sizes.ActiveParameters},
            DenseBytes = {sizes.Dense.Bytes},
            DenseBytesPerStep = {sizes.DenseBytesPerStep},
            ExpertBytes = Expert.SizeInBytes,
            WorkspaceBytesPerToken = {PassBuffer.TotalBytesPerToken(spec)},
            BosTokenId = {(spec.BosTokenId is { } bos ? ConfigNumbers.Format(bos) : "null")},
            EosTokenIds = {Words.Collection(spec.EosTokenIds)},
            """);
        if (spec.Fp8Block is { } block)
        {
            writer.Line($"Fp8Block = new global::MoeGen.Weights.Fp8Block({block.Rows}, {block.Columns}),");
        }

        if (spec.Rope is LongRopeSpec rope)
        {
            writer.Line($"RopeSwitchLength = {rope.OriginalMaxPositions},");
        }

        if (spec.AttentionWindow is { } window)
        {
            writer.Line($"AttentionWindow = {window},");
            writer.Line($"WindowLayers = {Words.Collection(spec.WindowLayers)},");
        }

        if (spec.Encoder is not null)
        {
            writer.Line("NumEncoderLayers = NumEncoderLayers,");
            writer.Line("DecoderStartTokenId = DecoderStartTokenId,");
        }

        if (spec.Sparse.Router.Capacity is { } capacity)
        {
            writer.Line($"ExpertCapacity = {capacity},");
        }

        if (spec.Attention is GroupedQuerySpec { RelativeBias: not null })
        {
            writer.Line("HasRelativePositions = true,");
        }

        writer.Close(";");
    }
}

/// <inheritdoc cref="Feature{TInfo}"/>
internal sealed record ConfigInfo(ModelName Model, ModelSpec Spec) : FeatureInfo(Model);
