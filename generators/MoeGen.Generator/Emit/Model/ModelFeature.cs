using System.Linq;
using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Emit.Model;

/// <summary>The class that users see: what the model is, and how to load it.</summary>
internal sealed class ModelFeature : Feature<ModelFileInfo>
{
    public override string Name => "";

    public override ModelFileInfo GetInfo(ModelDeclaration model)
    {
        ModelSpec spec = model.Spec;
        SpecSizes sizes = new(spec);
        int numLayers = spec.Stacks.Sum(stack => stack.NumLayers);
        string layers = spec.Encoder is { } encoder
            ? $"encoder of {encoder.LayerKinds.Count} layers, decoder of {spec.NumLayers}"
            : $"{spec.NumLayers} layers";
        string sparse = sizes.NumSparseLayers == numLayers ? "every layer" : $"{sizes.NumSparseLayers} of them";
        string summary =
            $"{spec.ModelType}: {layers}, {sparse} with {spec.Sparse.NumExperts} experts, "
            + $"of which each token uses {spec.Sparse.TopK}; "
            + $"hidden {spec.HiddenSize}, vocabulary {spec.VocabSize}, {spec.MaxPositions} positions; "
            + $"{Words.Parameters(sizes.TotalParameters)} parameters, {Words.Parameters(sizes.ActiveParameters)} for each token; "
            + $"{Words.Bytes(sizes.Dense.Bytes)} outside the experts and {Words.Bytes(sizes.Experts.Bytes)} of experts "
            + $"in {spec.WeightFormat.ProseName()}.";
        return new ModelFileInfo(model.Name, summary, spec.LayerType)
        {
            EncoderLayerType = spec.Encoder is null ? null : spec.Stacks.First().LayerType,
            HasGpuHalf = model.HasGpuHalf,
        };
    }

    protected override void Write(CodeWriter writer, ModelFileInfo info)
    {
        string parts = $"global::{info.Model.PartsNamespace}";
        string name = info.Model.ClassName;
        writer.UserNamespace(info.Model);
        writer.Summary(info.Summary);
        writer.GlobalAttributes();
        writer.Open($"public sealed partial class {name} : global::MoeGen.MoeModel");
        bool hasEncoder = info.EncoderLayerType is not null;
        if (hasEncoder)
        {
            writer.Line($"private readonly {parts}.Encoder _encoder;");
        }

        writer.Line($"private readonly {parts}.Decoder _decoder;");
        writer.Line();
        writer.Lines($"""
            private {name}(string folder, global::MoeGen.Weights.WeightStore weights, global::MoeGen.MoeOptions options)
                : base(folder, ModelInfo, weights, options)
            """);
        writer.Open();
        if (hasEncoder)
        {
            writer.Line($"_encoder = new {parts}.Encoder(weights);");
        }

        writer.Line($"_decoder = new {parts}.Decoder(weights);");
        writer.Close();
        writer.Line();
        const string List = "global::System.Collections.Generic.IReadOnlyList";
        if (hasEncoder)
        {
            writer.Summary("The encoder's layers in order.");
            writer.Line($"public {List}<{parts}.{info.EncoderLayerType}> EncoderLayers => _encoder.Layers;");
            writer.Line();
        }

        writer.Summary($"The {(hasEncoder ? "decoder's " : "")}layers in order.");
        writer.Line($"public {List}<{parts}.{info.LayerType}> {(hasEncoder ? "DecoderLayers" : "Layers")} => _decoder.Layers;");
        writer.Line();
        writer.Lines($"""
            /// <summary>Loads the model's weights from a Hugging Face folder. Everything is checked before memory is allocated.</summary>
            /// <param name="folder">Folder with model.safetensors, or its index and shards; with tokenizer.json for text.</param>
            /// <param name="options">Threads, context, memory budget; null: defaults.</param>
            /// <param name="cancellationToken">Stops loading.</param>
            /// <exception cref="global::MoeGen.Weights.CheckpointException">A file or tensor is missing, damaged or misshapen.</exception>
            /// <exception cref="global::MoeGen.MemoryBudgetTooSmallException">The model does not fit the budget.</exception>
            public static {name} Load(
                string folder,
                global::MoeGen.MoeOptions? options = null,
                global::System.Threading.CancellationToken cancellationToken = default) =>
                Load(
                    folder, ModelInfo, {parts}.WeightMap.Tensors, options,
                    (weights, chosen) => new {name}(folder, weights, chosen), cancellationToken{(info.HasGpuHalf ? $", new {parts}.Gpu.Half()" : "")});

            /// <inheritdoc/>
            protected override global::MoeGen.Engine.ForwardPass CreatePass(int maxTokens, int maxLogits) =>
                new {parts}.Pass(ModelInfo, maxTokens, maxLogits);

            /// <inheritdoc/>
            protected override void Forward(global::MoeGen.Engine.ForwardPass pass, global::MoeGen.Engine.Worker worker) =>
                _decoder.Forward(({parts}.Pass)pass, worker);
            """);
        if (hasEncoder)
        {
            writer.Line();
            writer.Line("/// <inheritdoc/>");
            writer.Open("protected override void Encode(global::MoeGen.Engine.ForwardPass pass, global::MoeGen.Engine.Worker worker)");
            writer.Line($"_encoder.Forward(({parts}.Pass)pass, worker);");
            writer.Line($"_decoder.ReadInput(({parts}.Pass)pass, worker);");
            writer.Close();
        }

        writer.Close();
    }
}

/// <inheritdoc cref="Feature{TInfo}"/>
internal sealed record ModelFileInfo(ModelName Model, string Summary, string LayerType) : FeatureInfo(Model)
{
    /// <summary>Type of the encoder's list of layers; null: there is no encoder.</summary>
    [LaterMember]
    public string? EncoderLayerType { get; init; }

    /// <summary>Whether there is code for a GPU.</summary>
    [LaterMember]
    public bool HasGpuHalf { get; init; }
}
