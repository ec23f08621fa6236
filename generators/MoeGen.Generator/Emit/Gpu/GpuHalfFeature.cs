using System.Linq;
using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Emit.Gpu;

/// <summary>What opens the GPU half of a model, and where the parts of an expert lie.</summary>
internal sealed class GpuHalfFeature : Feature<GpuHalfInfo>
{
    private const string StartWithEncoder = """
        protected override void Start(WeightStore weights)
        {
            _encoder = new Encoder(weights);
            _decoder = new Decoder(weights);
        }
        """;

    public override string Name => "Half";

    public override GpuHalfInfo GetInfo(ModelDeclaration model)
    {
        SparseSpec sparse = model.Spec.Sparse;
        return new GpuHalfInfo(
            model.Name, sparse.TopK, !sparse.Activation.IsUngated, sparse.ScalesInput, model.Spec.WeightFormat,
            new EquatableArray<WeightSpec>(WeightSpec.Of(model.Spec, ModelPart.Expert)))
        {
            HasEncoder = model.Spec.Encoder is not null,
        };
    }

    protected override void Write(CodeWriter writer, GpuHalfInfo info)
    {
        writer.PartsNamespace(info.Model, "MoeGen", "MoeGen.Engine", "MoeGen.Kernels");
        writer.Summary("The model on a GPU.");
        writer.Attributes();
        writer.Open("internal sealed class Half : GpuHalf");
        if (info.HasEncoder)
        {
            writer.Line("private Encoder? _encoder;");
        }

        writer.Lines($$"""
            private Decoder? _decoder;

            {{(info.HasEncoder ? StartWithEncoder : "protected override void Start(WeightStore weights) => _decoder = new Decoder(weights);")}}

            protected override ForwardPass CreatePass(GpuDevice device, int maxTokens, int maxLogits) =>
                new Pass(device, {{info.Model.GlobalName}}.ModelInfo, maxTokens, maxLogits);

            protected override void Forward(ForwardPass pass, Worker worker) => _decoder!.Forward((Pass)pass, worker);
            """);
        if (info.HasEncoder)
        {
            writer.Line();
            writer.Lines("""
                protected override void Encode(ForwardPass pass, Worker worker)
                {
                    _encoder!.Forward((Pass)pass, worker);
                    _decoder!.ReadInput((Pass)pass, worker);
                }
                """);
        }

        writer.Close();
        writer.Line();
        WriteExpert(writer, info);
    }

    private static void WriteExpert(CodeWriter writer, GpuHalfInfo info)
    {
        string[] names = [.. info.Weights.Select(weight => weight.Name)];
        bool hasBias = names.Contains("ExpertUpBias");
        writer.Summary("Where the parts of an expert lie in its slot, as kernels see it.");
        writer.Attributes();
        writer.Open("internal readonly struct Expert : IGpuExpert");
        writer.Line($"public static int TopK => {info.TopK};");
        WriteMember(writer, "bool", "HasGate", Word(info.HasGate));
        WriteMember(writer, "bool", "HasBias", Word(hasBias));
        WriteMember(writer, "bool", "ScalesInput", Word(info.ScalesInput));
        foreach (string part in new[] { "GateProj", "UpProj", "DownProj", "GateBias", "UpBias", "DownBias" })
        {
            bool isThere = names.Contains("Expert" + part);
            WriteMember(writer, "long", part + "Offset", isThere ? $"{info.Model.GlobalName}.Expert.{part}Offset" : "0");
        }

        writer.Close();
    }

    private static void WriteMember(CodeWriter writer, string type, string name, string value)
    {
        writer.Line();
        writer.Line($"public static {type} {name} => {value};");
    }

    private static string Word(bool value) => value ? "true" : "false";
}

/// <inheritdoc cref="Feature{TInfo}"/>
internal sealed record GpuHalfInfo(
    ModelName Model, int TopK, bool HasGate, bool ScalesInput, WeightFormat Format, EquatableArray<WeightSpec> Weights)
    : FeatureInfo(Model)
{
    /// <summary>Whether an encoder reads the input.</summary>
    [LaterMember]
    public bool HasEncoder { get; init; }
}
