using System.Text.Json.Nodes;
using MoeGen.Cli.Models;
using MoeGen.Cli.Tests.Testing;
using MoeGen.Generator.Spec;
using MoeGen.Models;
using MoeGen.Testing;

namespace MoeGen.Cli.Tests.Commands;

public class InspectCommandTests
{
    // total and active parameters in billions, as published (shapes without norms and biases differ by less than a tenth of a percent)
    [Theory]
    [InlineData("Qwen3-30B-A3B", 30.53, 3.35)]
    [InlineData("Qwen3-235B-A22B", 235.09, 22.19)]
    [InlineData("Mixtral-8x7B-v0.1", 46.70, 12.88)]
    [InlineData("Mixtral-8x22B-v0.1", 140.62, 39.15)]
    [InlineData("Qwen1.5-MoE-A2.7B", 14.32, 2.69)]
    [InlineData("Qwen2-57B-A14B", 57.41, 14.25)]
    [InlineData("OLMoE-1B-7B-0924", 6.92, 1.28)]
    [InlineData("Phi-3.5-MoE-instruct", 41.87, 6.64)]
    [InlineData("DeepSeek-V2-Lite", 15.71, 2.66)]
    [InlineData("DeepSeek-V3", 671.03, 37.55)]
    [InlineData("Kimi-K2-Instruct", 1026.41, 32.86)]
    [InlineData("gpt-oss-20b", 20.91, 4.19)]
    [InlineData("gpt-oss-120b", 116.79, 5.71)]
    [InlineData("granite-3.1-1b-a400m", 1.33, 0.43)]
    [InlineData("granite-3.1-3b-a800m", 3.30, 0.88)]
    [InlineData("GLM-4.5-Air", 106.85, 13.42)]
    [InlineData("switch-base-8", 0.62, 0.22)]
    [InlineData("switch-base-128", 7.42, 0.22)]
    public async Task PublishedModels_HaveTheirPublishedSizes(string name, double total, double active)
    {
        JsonObject json = (await CliRun.Of("inspect", name, "--json")).Json();
        Assert.Equal(total, json["total_params"]!.GetValue<long>() / 1e9, 0.005 + (total * 0.001));
        Assert.Equal(active, json["active_params"]!.GetValue<long>() / 1e9, 0.005 + (active * 0.001));
    }

    [Fact]
    public async Task Json_HasThePromisedKeys()
    {
        JsonObject json = (await CliRun.Of("inspect", "Qwen3-30B-A3B", "--json")).Json();
        Dictionary<string, long> expected = new()
        {
            ["layers"] = 48,
            ["experts"] = 128,
            ["top_k"] = 8,
            ["expert_bytes"] = 9_437_184, // 3 x 768 x 2048 x 2
            ["expert_bytes_total"] = 57_982_058_496, // x 128 x 48
            ["kv_bytes_per_token"] = 196_608, // 2 x 4 x 128 x 4 x 48
        };
        Assert.All(expected, pair => Assert.Equal(pair.Value, json[pair.Key]!.GetValue<long>()));
        Assert.All(
            ["total_params", "active_params", "dense_bytes", "budget_floor_bytes"], key => Assert.True(json[key]!.GetValue<long>() > 0));
    }

    // 24 layers of 8 heads of 64, keys and values: 24,576 elements a position; 12 layers keep 255 positions, the window and a chunk of 128,
    // in a ring of 256
    [Theory]
    [InlineData("f32", 4)]
    [InlineData("f16", 2)]
    [InlineData("q8", 1.125)]
    public async Task KvCache_CountsWindowsInEveryFormat(string format, double bytesPerElement)
    {
        JsonObject json = (await CliRun.Of("inspect", "gpt-oss-20b", "--context", "4096", "--kv-format", format, "--json")).Json();
        Assert.Equal((long)(24_576 * bytesPerElement), json["kv_bytes_per_token"]!.GetValue<long>());
        Assert.Equal((long)(12_288 * (4096 + 256) * bytesPerElement), json["kv_bytes"]!.GetValue<long>());
    }

    [Fact]
    public async Task SmallestBudget_IsTheOneThatLoads()
    {
        long floor = (await CliRun.Of("inspect", "demo", "--json")).Json()["budget_floor_bytes"]!.GetValue<long>();
        string[] Args(long budget) =>
            ["run", "Once", "--max-tokens", "1", "--budget", budget.ToString(System.Globalization.CultureInfo.InvariantCulture)];
        Assert.Equal(ExitCodes.Done, (await CliRun.Of(Args(floor))).ExitCode);
        (await CliRun.Of(Args(floor - 1))).AssertFailed($"at least {floor} bytes");
    }

    [Fact]
    public async Task Text_IsForPeople()
    {
        CliRun run = await CliRun.Of("inspect", "Mixtral-8x7B-v0.1");
        Assert.Contains("46.70 B, 12.88 B active", run.Output);
        Assert.Contains("top-2 of 8 experts of 14336", run.Output);
        Assert.All(run.Output.Split('\n'), line => Assert.InRange(line.Length, 0, 140));
    }

    [Fact]
    public void WhatInspectSays_IsWhatGeneratedCodeSays() =>
        AssertSame(Demo.ModelInfo, SpecInfo.Of(ReadSpec(RepositoryFiles.DemoModel), "Demo"));

    [Fact]
    public void WhatInspectSaysOfTwoStacks_IsWhatGeneratedCodeSays()
    {
        ModelSpec spec = ReadSpec(Path.Combine(RepositoryFiles.Cases, "switch_transformers-a"));
        ModelInfo generated = ModelCompiler.GetOrCompile(spec, _ => { }).Info;
        AssertSame(generated, SpecInfo.Of(spec, generated.Name));
    }

    private static ModelSpec ReadSpec(string folder) => ModelSpecReader.Read(File.ReadAllText(Path.Combine(folder, "config.json"))).Spec!;

    private static void AssertSame(ModelInfo generated, ModelInfo inspected)
    {
        Assert.Equal(generated.SparseLayers, inspected.SparseLayers);
        Assert.Equal(generated.EosTokenIds, inspected.EosTokenIds);
        Assert.Equal(generated.WindowLayers, inspected.WindowLayers);

        // lists compare by reference, the rest by value
        ModelInfo sameLists = inspected with
        {
            SparseLayers = generated.SparseLayers,
            EosTokenIds = generated.EosTokenIds,
            WindowLayers = generated.WindowLayers,
        };
        Assert.Equal(generated, sameLists);
    }
}
