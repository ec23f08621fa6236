using System.Linq;
using MoeGen.Generator.Emit.Layers;
using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Emit.Decoder;

/// <summary>The whole forward pass: embedding, layers, head.</summary>
internal sealed class DecoderFeature : Feature<DecoderInfo>
{
    public override string Name => "Decoder";

    public override DecoderInfo GetInfo(ModelDeclaration model)
    {
        ModelSpec spec = model.Spec;
        return new DecoderInfo(
            model.Name, spec.VocabSize, spec.Norm, spec.Multipliers, spec.TieWordEmbeddings, spec.HasHeadBias, spec.Rope,
            WeightField.Of(model.Name, spec, ModelPart.Decoder), new EquatableArray<string>(spec.LayerKinds.Select(kind => spec.Kinds[kind].Name)))
        {
            Stack = spec.StackName,
            RelativeBias = (spec.Attention as GroupedQuerySpec)?.RelativeBias,
        };
    }

    protected override void Write(CodeWriter writer, DecoderInfo info)
    {
        writer.PartsNamespace(info.Model, "MoeGen.Engine", "MoeGen.Kernels", "MoeGen.Weights");
        bool hasRope = info.Rope is not NoRopeSpec;
        string whose = info.Stack.Length == 0 ? "model" : "decoder";
        writer.Summary(
            $"The {whose}'s forward pass: tokens to embedding, {info.Layers.Count} layers, norm, scores of {info.VocabSize} tokens"
            + (info.TieWordEmbeddings ? " by the embedding itself." : "."));
        writer.Attributes();
        writer.Open("internal sealed class Decoder");
        WeightField.Declare(writer, info.Fields);
        if (hasRope)
        {
            string isInterleaved = info.Rope.IsInterleaved ? "true" : "false";
            string whoseFrequencies = info.Model.IsGpu ? $"global::{info.Model.CpuNamespace}.Decoder." : "";
            writer.Line($"private readonly Rope _rope = new({whoseFrequencies}RopeFrequencies, isInterleaved: {isInterleaved});");
        }

        writer.Line($"private readonly {info.LayerType}[] _layers; // [{info.Layers.Count}]");
        writer.Line();
        WriteConstructor(writer, info);
        writer.Line();
        writer.Summary("The layers in order.");
        writer.Line($"public global::System.Collections.Generic.IReadOnlyList<{info.LayerType}> Layers => _layers;");
        writer.Line();
        if (hasRope && !info.Model.IsGpu)
        {
            writer.Summary($"Frequencies of the rotary positions of {info.Rope.Dim} elements of a head.");
            writer.Line("public static RopeFrequencies RopeFrequencies =>");
            writer.Lines($"    {RopeExpression(info.Rope)};");
            writer.Line();
        }

        if (info.Stack.Length > 0)
        {
            writer.Summary("Prepares what every layer sees of the encoder's output; every worker calls it at the same time.");
            writer.Open("public void ReadInput(Pass pass, Worker worker)");
            writer.Open($"foreach ({info.LayerType} layer in _layers)");
            writer.Line("layer.ReadInput(pass, worker);");
            writer.Close();
            writer.Close();
            writer.Line();
        }

        WriteForward(writer, info);
        writer.Close();
    }

    private static void WriteConstructor(CodeWriter writer, DecoderInfo info)
    {
        writer.Open("public Decoder(WeightStore weights)");
        WeightField.Assign(writer, info.Fields);
        LayerList.Write(writer, info.Layers, info.LayerType, info.RelativeBias, isBidirectional: false);
        writer.Close();
    }

    private static void WriteForward(CodeWriter writer, DecoderInfo info)
    {
        MultiplierSpec multipliers = info.Multipliers;
        string embeddingScale = multipliers.Embedding == 1 ? "" : $", {Words.Float(multipliers.Embedding)}";
        string logitsScale = multipliers.Logits == 1 ? "" : $", {Words.Float(multipliers.Logits)}";
        string head = info.TieWordEmbeddings ? "_embedTokens" : "_lmHead";
        string bias = info.HasHeadBias ? "_lmHeadBias, " : "";
        writer.Summary("Runs a pass; every worker calls it at the same time.");
        writer.Open("public void Forward(Pass pass, Worker worker)");
        bool hasRope = info.Rope is not NoRopeSpec;
        writer.Line($"// the embedding {(hasRope ? "and the position " : "")}of every token");
        writer.Line($"Embedding.Lookup(_embedTokens, pass.Tokens, pass.Hidden, worker{embeddingScale});");
        if (hasRope)
        {
            writer.Line("_rope.Prepare(pass.Rotations, pass.Segments, worker);");
        }

        writer.Lines($$"""
            worker.Sync();
            pass.OnEmbedded(pass.Hidden, worker);

            foreach ({{info.LayerType}} layer in _layers)
            {
                layer.Forward(pass, worker);
            }

            // scores of the vocabulary, for the tokens that want them
            foreach (Segment segment in pass.Segments)
            {
                Activations last = segment.LastRowsOf(pass.Hidden);
                {{NormCall.Of(info.Norm, "last", "_finalNorm", "segment.LogitsOf(pass.Normed)", "segment.NumLogits")}}
            }

            worker.Sync();
            MatMul.Multiply({{head}}, {{bias}}pass.Normed, pass.Logits, pass.NumLogits, worker{{logitsScale}});
            """);
        writer.Close();
    }

    private static string RopeExpression(RopeSpec spec)
    {
        string F(double value) => ConfigNumbers.Format(value);
        string List(EquatableArray<double> values) => "[" + string.Join(", ", values.Select(F).ToArray()) + "]";
        (string kind, string arguments) = spec switch
        {
            DynamicRopeSpec rope => ("Dynamic", $", factor: {F(rope.Factor)}, maxPositions: {rope.OriginalMaxPositions}"),
            LongRopeSpec rope => (
                "LongRope",
                $",\n    shortFactors: {List(rope.ShortFactors)},\n    longFactors: {List(rope.LongFactors)},\n    "
                + $"originalMaxPositions: {rope.OriginalMaxPositions}, shortScale: {F(rope.ShortScale)}, longScale: {F(rope.LongScale)}"),
            LinearRopeSpec rope => ("Linear", $", factor: {F(rope.Factor)}"),
            Llama3RopeSpec rope => (
                "Llama3",
                $", factor: {F(rope.Factor)}, lowFrequencyFactor: {F(rope.LowFrequencyFactor)}, "
                + $"highFrequencyFactor: {F(rope.HighFrequencyFactor)}, originalMaxPositions: {rope.OriginalMaxPositions}"),
            YarnRopeSpec rope => (
                "Yarn",
                $", factor: {F(rope.Factor)}, originalMaxPositions: {rope.OriginalMaxPositions}, betaFast: {F(rope.BetaFast)}, "
                + $"betaSlow: {F(rope.BetaSlow)}, attentionFactor: {F(rope.AttentionFactor)}, "
                + $"truncate: {(rope.Truncate ? "true" : "false")}"),
            _ => ("Default", ""),
        };
        return $"RopeFrequencies.{kind}({spec.Dim}, theta: {F(spec.Theta)}{arguments})";
    }
}

/// <inheritdoc cref="Feature{TInfo}"/>
/// <param name="Layers">Class name of every layer, in order.</param>
internal sealed record DecoderInfo(
    ModelName Model, int VocabSize, NormSpec Norm, MultiplierSpec Multipliers, bool TieWordEmbeddings, bool HasHeadBias, RopeSpec Rope,
    EquatableArray<WeightField> Fields, EquatableArray<string> Layers)
    : FeatureInfo(Model)
{
    /// <summary>The stack among those of a model with an encoder; empty: it is the only one.</summary>
    [LaterMember]
    public string Stack { get; init; } = "";

    /// <summary>Relative positions; null: none.</summary>
    [LaterMember]
    public RelativeBiasSpec? RelativeBias { get; init; }

    /// <summary>The type of the list of layers: the only kind, or the base class of several.</summary>
    public string LayerType => Layers.Distinct().Count() == 1 ? Layers[0] : Stack + "Layer";
}
