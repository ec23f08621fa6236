using System.Linq;
using MoeGen.Generator.Emit.Layers;
using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Emit.Encoder;

/// <summary>The stack that reads the input, of models that have one: embedding, layers, norm.</summary>
internal sealed class EncoderFeature : Feature<EncoderInfo>
{
    public override string Name => "Encoder";

    public override EncoderInfo GetInfo(ModelDeclaration model)
    {
        ModelSpec stack = model.Spec.Stacks.First();
        return new EncoderInfo(
            model.Name, stack.Norm, stack.Multipliers.Embedding, (stack.Attention as GroupedQuerySpec)?.RelativeBias,
            WeightField.Of(model.Name, model.Spec, ModelPart.Decoder)[0], WeightField.Of(model.Name, stack, ModelPart.Encoder),
            new EquatableArray<string>(stack.LayerKinds.Select(kind => stack.Kinds[kind].Name)), stack.LayerType);
    }

    protected override void Write(CodeWriter writer, EncoderInfo info)
    {
        WeightField[] fields = [info.Embedding, .. info.Fields];
        writer.PartsNamespace(info.Model, "MoeGen.Engine", "MoeGen.Kernels", "MoeGen.Weights");
        writer.Summary($"The encoder's forward pass: tokens of the input to embedding, {info.Layers.Count} layers, norm.");
        writer.Attributes();
        writer.Open("internal sealed class Encoder");
        WeightField.Declare(writer, fields);
        writer.Line($"private readonly {info.LayerType}[] _layers; // [{info.Layers.Count}]");
        writer.Line();
        writer.Open("public Encoder(WeightStore weights)");
        WeightField.Assign(writer, fields);
        LayerList.Write(writer, info.Layers, info.LayerType, info.RelativeBias, isBidirectional: true);
        writer.Close();
        writer.Line();
        writer.Summary("The layers in order.");
        writer.Line($"public global::System.Collections.Generic.IReadOnlyList<{info.LayerType}> Layers => _layers;");
        writer.Line();
        string scale = info.EmbeddingScale == 1 ? "" : $", {Words.Float(info.EmbeddingScale)}";
        writer.Summary("Reads an input, which is all of the pass, into the normed hidden states; every worker calls it at the same time.");
        writer.Open("public void Forward(Pass pass, Worker worker)");
        writer.Lines($$"""
            // the embedding of every token
            Embedding.Lookup(_embedTokens, pass.Tokens, pass.Hidden, worker{{scale}});
            worker.Sync();

            foreach ({{info.LayerType}} layer in _layers)
            {
                layer.Forward(pass, worker);
            }

            {{NormCall.Of(info.Norm, "pass.Hidden", "_finalNorm", "pass.Normed", "pass.NumTokens")}}
            worker.Sync();
            """);
        writer.Close();
        writer.Close();
    }
}

/// <inheritdoc cref="Feature{TInfo}"/>
/// <param name="Layers">Class name of every layer, in order.</param>
/// <param name="LayerType">Type of their list.</param>
internal sealed record EncoderInfo(
    ModelName Model, NormSpec Norm, double EmbeddingScale, RelativeBiasSpec? RelativeBias, WeightField Embedding,
    EquatableArray<WeightField> Fields, EquatableArray<string> Layers, string LayerType)
    : FeatureInfo(Model);
