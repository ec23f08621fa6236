using System.Linq;
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
            model.Name, spec.VocabSize, spec.HiddenSize, spec.NormEpsilon, spec.TieWordEmbeddings, spec.Rope,
            spec.Kinds[0].Attention.HeadDim, spec.WeightFormat, spec.Tensors,
            new EquatableArray<string>(spec.LayerKinds.Select(kind => spec.Kinds[kind].Name)));
    }

    protected override void Write(CodeWriter writer, DecoderInfo info)
    {
        string format = info.Format.TypeName();
        string head = info.TieWordEmbeddings ? "_embedTokens" : "_lmHead";
        string shape = $"[{info.VocabSize}, {info.HiddenSize}]";
        writer.PartsNamespace(info.Model, "MoeGen.Engine", "MoeGen.Kernels", "MoeGen.Weights");
        writer.Summary(
            $"The model's forward pass: tokens to embedding, {info.Layers.Count} layers, norm, scores of {info.VocabSize} tokens"
            + (info.TieWordEmbeddings ? " by the embedding itself." : "."));
        writer.Attributes();
        writer.Open("internal sealed class Decoder");
        writer.Line($"private readonly Matrix<VocabShape, {format}> _embedTokens; // {shape} {info.Tensors.EmbedTokens}");
        writer.Line($"private readonly WeightVector _finalNorm; // [{info.HiddenSize}] {info.Tensors.FinalNorm}");
        if (!info.TieWordEmbeddings)
        {
            writer.Line($"private readonly Matrix<VocabShape, {format}> _lmHead; // {shape} {info.Tensors.LmHead}");
        }

        writer.Line("private readonly Rope _rope;");
        writer.Line($"private readonly {info.LayerType}[] _layers; // [{info.Layers.Count}]");
        writer.Line();
        WriteConstructor(writer, info, format);
        writer.Line();
        writer.Summary("The layers in order.");
        writer.Line($"public global::System.Collections.Generic.IReadOnlyList<{info.LayerType}> Layers => _layers;");
        writer.Line();
        writer.Summary($"Frequencies of the rotary positions of a head of {info.HeadDim}.");
        writer.Line("public static RopeFrequencies RopeFrequencies =>");
        writer.Line($"    {RopeExpression(info)};");
        writer.Line();
        WriteForward(writer, info, head);
        writer.Close();
    }

    private static void WriteConstructor(CodeWriter writer, DecoderInfo info, string format)
    {
        writer.Open("public Decoder(WeightStore weights, Rope rope)");
        writer.Line($"_embedTokens = weights.Matrix<VocabShape, {format}>(WeightMap.EmbedTokens);");
        writer.Line($"_finalNorm = weights.Vector(WeightMap.FinalNorm, {info.HiddenSize});");
        if (!info.TieWordEmbeddings)
        {
            writer.Line($"_lmHead = weights.Matrix<VocabShape, {format}>(WeightMap.LmHead);");
        }

        writer.Line("_rope = rope;");
        writer.Line($"_layers = new {info.LayerType}[{info.Layers.Count}];");
        if (info.Layers.Distinct().Count() == 1)
        {
            writer.Open("for (int i = 0; i < _layers.Length; i++)");
            writer.Line($"_layers[i] = new {info.LayerType}(weights, rope, i);");
            writer.Close();
        }
        else
        {
            for (int i = 0; i < info.Layers.Count; i++)
            {
                writer.Line($"_layers[{i}] = new {info.Layers[i]}(weights, rope, {i});");
            }
        }

        writer.Close();
    }

    private static void WriteForward(CodeWriter writer, DecoderInfo info, string head)
    {
        writer.Summary("Runs a pass; every worker calls it at the same time.");
        writer.Open("public void Forward(Pass pass, Worker worker)");
        writer.Lines($$"""
            // the embedding and the angles of every token
            _rope.Prepare(pass.Rotations, pass.FirstPosition, pass.NumTokens, pass.Length, worker);
            Embedding.Lookup(_embedTokens, pass.Tokens, pass.Hidden, worker);
            worker.Sync();

            foreach ({{info.LayerType}} layer in _layers)
            {
                layer.Forward(pass, worker);
            }

            // scores of the vocabulary, for the tokens that want them
            Activations last = pass.Hidden.Skip(pass.NumTokens - pass.NumLogits);
            RmsNorm.Normalize(last, _finalNorm, {{Words.Float(info.NormEpsilon)}}, pass.Normed, pass.NumLogits, worker);
            worker.Sync();
            MatMul.Multiply({{head}}, pass.Normed, pass.Logits, pass.NumLogits, worker);
            """);
        writer.Close();
    }

    private static string RopeExpression(DecoderInfo info)
    {
        string F(double value) => ConfigNumbers.Format(value);
        (string kind, string arguments) = info.Rope switch
        {
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
        return $"RopeFrequencies.{kind}({info.HeadDim}, theta: {F(info.Rope.Theta)}{arguments})";
    }
}

/// <inheritdoc cref="Feature{TInfo}"/>
/// <param name="Layers">Class name of every layer, in order.</param>
internal sealed record DecoderInfo(
    ModelName Model, int VocabSize, int HiddenSize, double NormEpsilon, bool TieWordEmbeddings, RopeSpec Rope, int HeadDim,
    WeightFormat Format, TensorNames Tensors, EquatableArray<string> Layers)
    : FeatureInfo(Model)
{
    /// <summary>The type of the list of layers: the only kind, or the base class of several.</summary>
    public string LayerType => Layers.Distinct().Count() == 1 ? Layers[0] : "Layer";
}
