using MoeGen.Gpu.Cases;
using MoeGen.Testing;

namespace MoeGen.Gpu.Tests;

/// <summary>The reference cases that have a GPU half, compiled with this project.</summary>
internal static class CaseModels
{
    private static readonly Dictionary<string, Func<string, MoeOptions, MoeModel>> s_loaders = new(StringComparer.Ordinal)
    {
        ["mixtral-a"] = (folder, options) => Mixtral.Load(folder, options),
        ["olmoe-a"] = (folder, options) => Olmoe.Load(folder, options),
        ["qwen2_moe-a"] = (folder, options) => Qwen2Moe.Load(folder, options),
        ["qwen3_moe-a"] = (folder, options) => Qwen3Moe.Load(folder, options),
        ["gpt_oss-a"] = (folder, options) => GptOss.Load(folder, options),
        ["granitemoe-a"] = (folder, options) => GraniteMoe.Load(folder, options),
        ["phimoe-a"] = (folder, options) => PhiMoe.Load(folder, options),
        ["glm4_moe-a"] = (folder, options) => Glm4Moe.Load(folder, options),
        ["llama4_text-a"] = (folder, options) => Llama4.Load(folder, options),
        ["deepseek_v2-a"] = (folder, options) => DeepseekV2.Load(folder, options),
        ["deepseek_v3-a"] = (folder, options) => DeepseekV3InF32.Load(folder, options),
        ["deepseek_v3-fp8"] = (folder, options) => DeepseekV3InF16.Load(folder, options),
        ["switch_transformers-a"] = (folder, options) => SwitchTransformers.Load(folder, options),
        ["edge-dtype-f32"] = (folder, options) => InF32.Load(folder, options),
        ["edge-dtype-f16"] = (folder, options) => InF16.Load(folder, options),
        ["edge-tied"] = (folder, options) => InQ8.Load(folder, options),
        ["edge-sharded"] = (folder, options) => InQ4.Load(folder, options),
    };

    /// <summary>Their names.</summary>
    public static IReadOnlyCollection<string> Names => s_loaders.Keys;

    /// <summary>Loads one.</summary>
    public static MoeModel Load(string name, MoeOptions options) => s_loaders[name](FolderOf(name), options);

    /// <summary>The folder of its checkpoint.</summary>
    public static string FolderOf(string name) => Path.Combine(RepositoryFiles.Root, "tests", "cases", name);
}
