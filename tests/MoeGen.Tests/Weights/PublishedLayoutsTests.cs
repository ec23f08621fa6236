using MoeGen.Experts;
using MoeGen.Kernels;
using MoeGen.Testing;
using MoeGen.Weights;

namespace MoeGen.Tests.Weights;

/// <summary>Parts of the reference cases whose checkpoints have the layouts of published ones, good and damaged.</summary>
public class PublishedLayoutsTests
{
    private const string GateUp = "model.layers.{layer}.mlp.experts.gate_up_proj";
    private const string Down = "model.layers.{layer}.mlp.experts.down_proj";
    private const string DenseDown = "model.layers.0.mlp.down_proj.weight";

    [Theory]
    [InlineData("cases/gpt_oss-mxfp4", 4)]
    [InlineData("cases/gpt_oss-a", 8)]
    public void GptOssExperts_Load(string name, int numExperts)
    {
        using WeightStore store = LoadGptOss(RepositoryFiles.RequireShared(name), numExperts);
        ExpertSlot expert = store.Slot(1, numExperts - 1);
        float[] gate = SmallCheckpoint.Values(expert.Matrix<Shape<N32, N32>, F32>(0));
        Assert.InRange(gate.Max(MathF.Abs), 0.01f, 10);
        Assert.InRange(gate.Distinct().Count(), 8, gate.Length);

        string file = Path.Combine(RepositoryFiles.RequireShared(name), "model.safetensors");
        float[] bias = TensorFile.ReadFloats(file, "model.layers.1.mlp.experts.gate_up_proj_bias");
        Assert.Equal(bias.Skip((numExperts - 1) * 64).Where((_, i) => i % 2 == 1), expert.Vector(4096, 32).Values.ToArray());
    }

    [Theory]
    [InlineData("bad-mxfp4-scale-254", typeof(NonFiniteValueException), "model.layers.0.mlp.experts.down_proj_blocks")]
    [InlineData("bad-mxfp4-scale-missing", typeof(WeightNotFoundException), "model.layers.0.mlp.experts.down_proj_scales")]
    public void DamagedGptOssExperts_AreRefused(string name, Type exception, string tensor)
    {
        string folder = RepositoryFiles.RequireShared(Path.Combine("cases", name));
        Assert.Contains(tensor, Assert.Throws(exception, () => LoadGptOss(folder, 4).Dispose()).Message);
    }

    [Theory]
    [InlineData("deepseek_v3-fp8", false)]
    [InlineData("bad-fp8-scale-0_0", true)]
    public void DeepSeekMatrix_Loads(string name, bool hasNotice)
    {
        List<string> notices = [];
        using WeightStore store = LoadDeepSeek(RepositoryFiles.RequireShared(Path.Combine("cases", name)), notices.Add);
        Assert.InRange(SmallCheckpoint.Values(store.Matrix<Shape<N32, N48>, F32>(DenseDown)).Max(MathF.Abs), 0.01f, 10);
        Assert.Equal(hasNotice ? 1 : 0, notices.Count);
    }

    [Theory]
    [InlineData("bad-fp8-scale--1_0", typeof(CheckpointException))]
    [InlineData("bad-fp8-scale-nan", typeof(NonFiniteValueException))]
    [InlineData("bad-fp8-scale-missing", typeof(WeightNotFoundException))]
    public void DamagedDeepSeekScales_AreRefused(string name, Type exception)
    {
        string folder = RepositoryFiles.RequireShared(Path.Combine("cases", name));
        Assert.Contains($"tensor {DenseDown}_scale_inv", Assert.Throws(exception, () => LoadDeepSeek(folder, null).Dispose()).Message);
    }

    private static WeightStore LoadGptOss(string folder, int numExperts)
    {
        int[] layers = [0, 1];
        TensorDeclaration matrix = TensorDeclaration.Matrix<Shape<N32, N32>, F32>(GateUp);
        TensorDeclaration[] declarations =
        [
            matrix.FromStack(numExperts, 64, 0, 2, isTransposed: true).InExperts(layers, 0),
            TensorDeclaration.Vector(GateUp + "_bias", 32).FromStack(numExperts, 64, 1, 2).InExperts(layers, 4096),
            TensorDeclaration.Matrix<Shape<N32, N32>, F32>(Down).FromStack(numExperts, 32, isTransposed: true).InExperts(layers, 8192),
        ];
        ModelInfo info = SmallCheckpoint.Info(numExperts, 3 * 4096) with { SparseLayers = layers };
        return WeightStore.Load(folder, info, declarations, new MoeOptions(), CancellationToken.None);
    }

    private static WeightStore LoadDeepSeek(string folder, Action<string>? notice) => WeightStore.Load(
        folder,
        SmallCheckpoint.Info(0, 0) with { Fp8Block = new Fp8Block(16, 16) },
        [TensorDeclaration.Matrix<Shape<N32, N48>, F32>(DenseDown)],
        new MoeOptions { Notice = notice },
        CancellationToken.None);
}
