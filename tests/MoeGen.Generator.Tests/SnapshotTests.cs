using System.Text.Json.Nodes;
using MoeGen.Generator.Emit;
using MoeGen.Generator.Spec;
using MoeGen.Generator.Tests.Testing;
using MoeGen.Testing;

namespace MoeGen.Generator.Tests;

/// <summary>What generated code looks like, file by file: a real model, and a config that uses every variation.</summary>
public class SnapshotTests
{
    [Fact]
    public void Qwen3_30B_A3B_IsReadable()
    {
        string config = File.ReadAllText(Path.Combine(RepositoryFiles.Root, "models", "Qwen3-30B-A3B", "config.json"));
        Verify(nameof(Qwen3_30B_A3B_IsReadable), Emit(config, "Qwen3"));
    }

    [Fact]
    public void Mixtral_DiffersInNamesAndHasNoHeadNorm()
    {
        GeneratedFile[] files = Emit(Configs.Mixtral, "Mixtral");
        Verify(
            nameof(Mixtral_DiffersInNamesAndHasNoHeadNorm),
            files.Where(file => file.HintName.Contains("Layers") || file.HintName.Contains("WeightMap")));
    }

    [Fact]
    public void DenseSlidingBiasedYarnTied_ShowsEveryVariation()
    {
        string config = Configs.With(
            Configs.Qwen3Moe,
            ("num_hidden_layers", 4),
            ("decoder_sparse_step", 2),
            ("use_sliding_window", true),
            ("sliding_window", 8),
            ("max_window_layers", 2),
            ("attention_bias", true),
            ("norm_topk_prob", false),
            ("tie_word_embeddings", true),
            ("torch_dtype", "float16"),
            ("rope_scaling", new JsonObject { ["rope_type"] = "yarn", ["factor"] = 4.0, ["original_max_position_embeddings"] = 16 }));
        GeneratedFile[] files = Emit(config, "Varied");
        Verify(
            nameof(DenseSlidingBiasedYarnTied_ShowsEveryVariation),
            files.Where(file => !file.HintName.Contains("Experts") && !file.HintName.Contains("Router")));
    }

    [Fact]
    public void Q4_QuantisesActivationsBesideTheirBuffers()
    {
        ModelSpec spec = ModelSpecReader.Read(Configs.Qwen3Moe, WeightFormat.Q4).Spec!;
        GeneratedFile[] files = [.. ModelEmitter.Emit(new ModelDeclaration(new ModelName("Tiny", "Sample"), spec))];
        Verify(
            nameof(Q4_QuantisesActivationsBesideTheirBuffers),
            files.Where(file => new[] { "Attention", "Config", "Experts", "Pass", "Router", "WeightMap" }.Any(file.HintName.Contains)));
    }

    [Theory]
    [InlineData("DeepSeek-V3", "DeepSeekV3", "Attention,FeedForward,Router,Kernels,WeightMap")]
    [InlineData("gpt-oss-120b", "GptOss", "Attention,FeedForward,Experts,WeightMap")]
    public void PublishedFamily_ShowsItsVariations(string model, string name, string parts)
    {
        string config = File.ReadAllText(Path.Combine(RepositoryFiles.Root, "models", model, "config.json"));
        Verify(name, Emit(config, name).Where(file => parts.Split(',').Any(part => file.HintName == $"{name}.{part}.g.cs")));
    }

    [Theory]
    [InlineData("Qwen3-30B-A3B", "Qwen3", "BF16")]
    [InlineData("Qwen1.5-MoE-A2.7B", "Qwen2Q4", "Q4")]
    public void GpuMatrices_AreUnrolledFormatByFormat(string model, string name, string format)
    {
        string config = File.ReadAllText(Path.Combine(RepositoryFiles.Root, "models", model, "config.json"));
        ModelSpec spec = ModelSpecReader.Read(config, Enum.Parse<WeightFormat>(format)).Spec!;
        Verify("Gpu" + name, EmitGpuHalf(spec, name).Where(file => file.HintName == $"{name}.Gpu.Matrices.g.cs"));
    }

    [Theory]
    [InlineData("Qwen3-30B-A3B", "Qwen3", "Half,Decoder,Layers,Attention,FeedForward,Router,Pass")]
    [InlineData("gpt-oss-20b", "GptOss", "Half,Attention")]
    [InlineData("DeepSeek-V3", "DeepSeekV3", "Attention")]
    [InlineData("switch-base-8", "Switch", "Half,Encoder")]
    public void GpuHalf_ReadsAsTheProcessors(string model, string name, string parts)
    {
        string config = File.ReadAllText(Path.Combine(RepositoryFiles.Root, "models", model, "config.json"));
        IEnumerable<GeneratedFile> files = EmitGpuHalf(ModelSpecReader.Read(config, WeightFormat.BF16).Spec!, name);
        Verify("GpuHalf" + name, files.Where(file => parts.Split(',').Any(part => file.HintName == $"{name}.Gpu.{part}.g.cs")));
    }

    [Fact]
    public void Llama4_HasChunksAndLayersWithoutPositions()
    {
        string config = File.ReadAllText(Path.Combine(RepositoryFiles.Cases, "llama4_text-a", "config.json"));
        Verify(
            nameof(Llama4_HasChunksAndLayersWithoutPositions),
            Emit(config, "Llama4").Where(file => file.HintName.Contains("Attention") || file.HintName.Contains("Layers")));
    }

    private static GeneratedFile[] Emit(string config, string name)
    {
        SpecResult result = ModelSpecReader.Read(config);
        Assert.Empty(result.Diagnostics);
        return [.. ModelEmitter.Emit(new ModelDeclaration(new ModelName(name, "Sample"), result.Spec!))];
    }

    private static IEnumerable<GeneratedFile> EmitGpuHalf(ModelSpec spec, string name) =>
        ModelEmitter.Emit(new ModelDeclaration(new ModelName(name, "Sample"), spec) { HasGpuHalf = true });

    private static void Verify(string method, IEnumerable<GeneratedFile> files) =>
        Snapshot.Verify(nameof(SnapshotTests), method, files.Select(file => (file.HintName, file.Text)));
}
