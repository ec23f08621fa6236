using System.Text.Json.Nodes;
using MoeGen.Cli.Models;
using MoeGen.Cli.Tests.Testing;
using MoeGen.Generator.Spec;
using MoeGen.Models;
using MoeGen.Testing;

namespace MoeGen.Cli.Tests.Commands;

public class InspectCommandTests
{
    // total and active parameters in billions, as published (shapes without norms differ by less than a tenth of a percent)
    [Theory]
    [InlineData("Qwen3-30B-A3B", 30.53, 3.35)]
    [InlineData("Qwen3-235B-A22B", 235.09, 22.19)]
    [InlineData("Mixtral-8x7B-v0.1", 46.70, 12.88)]
    [InlineData("Mixtral-8x22B-v0.1", 140.62, 39.15)]
    public async Task PublishedModels_HaveTheirPublishedSizes(string name, double total, double active)
    {
        JsonObject json = (await CliRun.Of("inspect", name, "--json")).Json();
        Assert.Equal(total, json["total_params"]!.GetValue<long>() / 1e9, 0.01);
        Assert.Equal(active, json["active_params"]!.GetValue<long>() / 1e9, 0.01);
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
    public void WhatInspectSays_IsWhatGeneratedCodeSays()
    {
        string config = File.ReadAllText(Path.Combine(RepositoryFiles.DemoModel, "config.json"));
        ModelInfo inspected = SpecInfo.Of(ModelSpecReader.Read(config).Spec!, "Demo"), generated = Demo.ModelInfo;
        Assert.Equal(generated.SparseLayers, inspected.SparseLayers);
        Assert.Equal(generated.EosTokenIds, inspected.EosTokenIds);

        // lists compare by reference, the rest by value
        Assert.Equal(generated, inspected with { SparseLayers = generated.SparseLayers, EosTokenIds = generated.EosTokenIds });
    }
}
