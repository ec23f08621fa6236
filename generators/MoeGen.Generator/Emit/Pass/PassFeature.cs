using System.Linq;
using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Emit.Pass;

/// <summary>The working memory of a forward pass: one buffer for each stage that others read from.</summary>
internal sealed class PassFeature : Feature<PassInfo>
{
    public override string Name => "Pass";

    public override PassInfo GetInfo(ModelDeclaration model) => new(model.Name, new EquatableArray<PassBuffer>(PassBuffer.Of(model.Spec).Select(buffer => model.Name.IsGpu ? OnGpu(buffer) : buffer)));

    // weights meet the rows themselves there
    private static PassBuffer OnGpu(PassBuffer buffer) => buffer with { HasInt8 = false, HasInt16 = false };

    protected override void Write(CodeWriter writer, PassInfo info)
    {
        long bytes = info.Buffers.Sum(buffer => buffer.BytesPerToken);
        writer.PartsNamespace(info.Model, "MoeGen", "MoeGen.Engine", "MoeGen.Kernels");
        writer.Summary($"One run of some tokens through the model, and its working memory: {Words.Bytes(bytes)} for each token.");
        writer.Attributes();
        writer.Open("internal sealed class Pass : ForwardPass");
        (string parameter, string argument) = info.Model.IsGpu ? ("GpuDevice device, ", "device, ") : ("", "");
        writer.Lines($"""
            public Pass({parameter}ModelInfo info, int maxTokens, int maxLogits)
                : base({argument}info, maxTokens, maxLogits)
            """);
        writer.Open();
        foreach (PassBuffer buffer in info.Buffers)
        {
            writer.Line($"{buffer.Name} = {(buffer.RowsPerToken == 1 ? "Buffer" : "ChoiceBuffer")}({buffer.Width}{Quantized(buffer)});");
        }

        writer.Close();
        foreach (PassBuffer buffer in info.Buffers)
        {
            string rows = buffer.RowsPerToken == 1 ? "tokens" : $"tokens * {buffer.RowsPerToken}";
            writer.Line();
            writer.Line($"public Activations {buffer.Name} {{ get; }} // [{rows}, {buffer.Width}] {buffer.Description}");
        }

        writer.Close();
    }

    private static string Quantized(PassBuffer buffer) => (buffer.HasInt8 ? ", int8: true" : "") + (buffer.HasInt16 ? ", int16: true" : "");
}

/// <inheritdoc cref="Feature{TInfo}"/>
internal sealed record PassInfo(ModelName Model, EquatableArray<PassBuffer> Buffers) : FeatureInfo(Model);
