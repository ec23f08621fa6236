using System.Text.Json.Nodes;
using Microsoft.CodeAnalysis;
using MoeGen.Generator.Tests.Testing;

namespace MoeGen.Generator.Tests;

/// <summary>What runs again after an edit.</summary>
public class IncrementalityTests
{
    private static readonly string[] s_features =
        ["Model", "Config", "Decoder", "Layers", "Attention", "FeedForward", "Router", "Experts", "Kernels", "Pass", "WeightMap"];

    // the types by which the generator knows them
    private const string Ilgpu = "namespace ILGPU { public struct Index1D; }";
    private const string GpuRuntime = "namespace MoeGen.Gpu.Kernels { public interface IGpuMatrix; }";

    private readonly TestItem _item = new(Configs.Qwen3Moe);

    [Fact]
    public void UnrelatedEdit_LeavesEverythingCached()
    {
        GeneratorHost host = GeneratorHost.Run(_item).WithUserCode("class Unrelated { int _field; }");
        Assert.All(s_features, feature => Assert.Equal(IncrementalStepRunReason.Cached, Reason(host, StepNames.Feature(feature))));
        Assert.Equal(IncrementalStepRunReason.Cached, Reason(host, StepNames.Results));
        Assert.All(Outputs(host), reason => Assert.Equal(IncrementalStepRunReason.Cached, reason));
    }

    [Fact]
    public void ReformattedConfig_LeavesTheModelUnchanged()
    {
        string oneLine = JsonNode.Parse(Configs.Qwen3Moe)!.ToJsonString();
        GeneratorHost host = GeneratorHost.Run(_item).WithConfig(_item, oneLine);
        Assert.Equal(IncrementalStepRunReason.Modified, Reason(host, StepNames.Items));
        Assert.Equal(IncrementalStepRunReason.Unchanged, Reason(host, StepNames.Results));
        Assert.All(s_features, feature => Assert.Equal(IncrementalStepRunReason.Cached, Reason(host, StepNames.Feature(feature))));
    }

    [Fact]
    public void MovedWarning_LeavesTheModelUnchanged()
    {
        // the diagnostic has a new place, the model has none
        TestItem item = new(Configs.With(Configs.Qwen3Moe, ("unheard_of", 1)));
        GeneratorHost host = GeneratorHost.Run(item).WithConfig(item, "\n\n" + item.Config);
        Assert.Equal(IncrementalStepRunReason.Modified, Reason(host, StepNames.Results));
        Assert.Equal(IncrementalStepRunReason.Unchanged, Reason(host, StepNames.Models));
        Assert.All(s_features, feature => Assert.Equal(IncrementalStepRunReason.Cached, Reason(host, StepNames.Feature(feature))));
    }

    [Fact]
    public void ReorderedKeys_LeaveTheModelUnchanged()
    {
        JsonObject root = JsonNode.Parse(Configs.Qwen3Moe)!.AsObject();
        JsonObject reversed = [.. root.Reverse().Select(member => KeyValuePair.Create(member.Key, member.Value?.DeepClone()))];
        GeneratorHost host = GeneratorHost.Run(_item).WithConfig(_item, reversed.ToJsonString());
        Assert.Equal(IncrementalStepRunReason.Unchanged, Reason(host, StepNames.Results));
    }

    [Fact]
    public void NeutralKey_LeavesTheModelUnchanged()
    {
        string changed = Configs.With(Configs.Qwen3Moe, ("initializer_range", 0.5));
        GeneratorHost host = GeneratorHost.Run(_item).WithConfig(_item, changed);
        Assert.Equal(IncrementalStepRunReason.Unchanged, Reason(host, StepNames.Results));
    }

    [Theory]
    [InlineData("rms_norm_eps", "1e-05", "Config,Decoder,Layers,Attention")]
    [InlineData("num_experts_per_tok", "2", "Model,Config,Layers,FeedForward,Router,Pass")]
    [InlineData("norm_topk_prob", "false", "Config,Router")]
    [InlineData("rope_theta", "10000.0", "Config,Decoder")]
    [InlineData("vocab_size", "128", "Model,Config,Decoder,Kernels,WeightMap")]
    [InlineData("eos_token_id", "3", "Config")]
    [InlineData("moe_intermediate_size", "24", "Model,Config,Layers,FeedForward,Experts,Kernels,Pass,WeightMap")]
    public void ChangedKey_ReEmitsOnlyWhatDependsOnIt(string key, string value, string expected)
    {
        string changed = Configs.With(Configs.Qwen3Moe, (key, JsonNode.Parse(value)));
        GeneratorHost host = GeneratorHost.Run(_item).WithConfig(_item, changed);
        string[] modified = [.. s_features.Where(feature => Reason(host, StepNames.Feature(feature)) == IncrementalStepRunReason.Modified)];
        Assert.Equal(expected.Split(','), modified);
        Assert.All(
            s_features.Except(modified),
            feature => Assert.Equal(IncrementalStepRunReason.Unchanged, Reason(host, StepNames.Feature(feature))));
    }

    [Fact]
    public void SecondModel_LeavesTheFirstOneAlone()
    {
        TestItem other = new(Configs.Mixtral, Name: "Other", Path: "/models/other/config.json");
        GeneratorHost host = GeneratorHost.Run(_item, other);
        GeneratorHost changed = host.WithUserCode("class Unrelated;");
        Assert.Equal(22, changed.Result.GeneratedSources.Length);
        Assert.All(Outputs(changed), reason => Assert.Equal(IncrementalStepRunReason.Cached, reason));
    }

    [Theory]
    [InlineData("", false)]
    [InlineData(Ilgpu, false)]
    [InlineData(GpuRuntime, false)]
    [InlineData(Ilgpu + GpuRuntime, true)]
    public void GpuHalf_IsEmittedBesideIlgpuAndItsRuntime(string userCode, bool isExpected)
    {
        GeneratorHost host = GeneratorHost.Run(userCode, hasRuntime: true, _item);
        Assert.Equal(isExpected, host.Result.GeneratedSources.Any(source => source.HintName == "Tiny.Gpu.Matrices.g.cs"));
    }

    [Fact]
    public void UnrelatedEdit_LeavesTheGpuHalfCached()
    {
        GeneratorHost host = GeneratorHost.Run(Ilgpu + GpuRuntime, hasRuntime: true, _item);
        GeneratorHost changed = host.WithUserCode(Ilgpu + GpuRuntime + "class Unrelated;");
        Assert.Equal(IncrementalStepRunReason.Unchanged, Reason(changed, StepNames.GpuRuntime));
        Assert.Equal(IncrementalStepRunReason.Cached, Reason(changed, StepNames.Feature("Gpu.Matrices")));
    }

    [Theory]
    [InlineData("rope_theta", "10000.0", IncrementalStepRunReason.Unchanged)]
    [InlineData("num_experts_per_tok", "2", IncrementalStepRunReason.Unchanged)]
    [InlineData("moe_intermediate_size", "24", IncrementalStepRunReason.Modified)]
    public void ChangedKey_ReEmitsTheGpuHalfWhereAMatrixHasChanged(string key, string value, IncrementalStepRunReason expected)
    {
        GeneratorHost host = GeneratorHost.Run(Ilgpu + GpuRuntime, hasRuntime: true, _item);
        GeneratorHost changed = host.WithConfig(_item, Configs.With(Configs.Qwen3Moe, (key, JsonNode.Parse(value))));
        Assert.Equal(expected, Reason(changed, StepNames.Feature("Gpu.Matrices")));
    }

    private static IncrementalStepRunReason Reason(GeneratorHost host, string step) =>
        host.Result.TrackedSteps[step].Single().Outputs.Single().Reason;

    private static IEnumerable<IncrementalStepRunReason> Outputs(GeneratorHost host) =>
        host.Result.TrackedOutputSteps.SelectMany(steps => steps.Value).SelectMany(step => step.Outputs).Select(output => output.Reason);
}
