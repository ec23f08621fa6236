using MoeGen.Cli.Models;
using MoeGen.Generator.Spec;
using MoeGen.Testing;
using MoeGen.Weights;
using WeightFormat = MoeGen.Generator.Spec.WeightFormat;

namespace MoeGen.Cli.Tests.Models;

public class ExactFormatTests
{
    private const string QProj = "model.layers.0.self_attn.q_proj.weight";
    private const string KProj = "model.layers.0.self_attn.k_proj.weight";
    private const string Norm = "model.norm.weight";

    [Fact]
    public void OneFormat_IsKept() => Assert.Equal(WeightFormat.BF16, Of((QProj, TensorType.BF16), (KProj, TensorType.BF16)));

    [Fact]
    public void VectorsDoNotCount() => Assert.Equal(WeightFormat.F16, Of((QProj, TensorType.F16), (Norm, TensorType.F32)));

    [Fact]
    public void HalfAndBfloat16_NeedFloat32() => Assert.Equal(WeightFormat.F32, Of((QProj, TensorType.F16), (KProj, TensorType.BF16)));

    [Fact]
    public void Fp8_NeedsFloat32() =>
        Assert.Equal(WeightFormat.F32, Of((QProj, TensorType.BF16), (KProj, TensorType.F8E4M3), (KProj + "_scale_inv", TensorType.BF16)));

    [Fact]
    public void Mxfp4_NeedsFloat32() =>
        Assert.Equal(WeightFormat.F32, Of((QProj, TensorType.BF16), (KProj + "_blocks", TensorType.U8)));

    private static WeightFormat Of(params (string Name, TensorType Type)[] tensors)
    {
        using TemporaryFolder folder = new();
        using (SafetensorsWriter writer = new(
            folder["model.safetensors"], [.. tensors.Select(tensor => new TensorOutline(tensor.Name, tensor.Type, [1]))]))
        {
            writer.Commit();
        }

        ModelSpec spec = ModelFolder.Find(RepositoryFiles.DemoModel).ReadSpec(CliStreams.FromConsole());
        using Checkpoint checkpoint = Checkpoint.Open(folder.Path);
        return ExactFormat.Of(spec, checkpoint);
    }
}
