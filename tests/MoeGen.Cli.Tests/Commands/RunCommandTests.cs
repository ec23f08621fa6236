using System.Text.Json.Nodes;
using MoeGen.Cli.Models;
using MoeGen.Cli.Tests.Testing;
using MoeGen.Experts.Selection.VirtualExperts;
using MoeGen.Models;
using MoeGen.Testing;

namespace MoeGen.Cli.Tests.Commands;

public class RunCommandTests
{
    [Fact]
    public async Task WithoutModel_TheDemoModelWrites()
    {
        CliRun run = await CliRun.Of("run", "Once upon a time", "--seed", "1", "--max-tokens", "20");
        Assert.Equal(ExitCodes.Done, run.ExitCode);
        Assert.StartsWith("Once upon a time", run.Output);
        Assert.True(run.Output.Length > 30, run.Output);
        Assert.Empty(run.Error);
    }

    [Fact]
    public async Task SameSeed_SameText()
    {
        string[] args = ["run", "demo", "The king", "--seed", "7", "--max-tokens", "20"];
        Assert.Equal((await CliRun.Of(args)).Output, (await CliRun.Of(args)).Output);
    }

    [Fact]
    public async Task KvFormat_IsOneOfThree()
    {
        string[] args = ["run", "Once upon a time", "--temperature", "0", "--max-tokens", "8", "--kv-format"];
        string exact = (await CliRun.Of([.. args, "f32"])).Output;
        Assert.Equal(exact, (await CliRun.Of([.. args, "f16"])).Output);
        CliRun wrong = await CliRun.Of([.. args, "q4"]);
        Assert.Equal(ExitCodes.WrongUsage, wrong.ExitCode);
        Assert.Contains("'q4'", wrong.Error);
    }

    // builds with ILGPU have the backend, and perhaps a GPU
    [Fact]
    public async Task Gpu_WithoutItsBackend_IsAnErrorOrANotice()
    {
        Assert.SkipWhen(GpuBackend.IsHere, "this build has the GPU backend");
        string[] args = ["run", "Once upon a time", "--temperature", "0", "--max-tokens", "8", "--device"];
        (await CliRun.Of([.. args, "gpu"])).AssertFailed("no GPU backend", "-p:Gpu=true", "--device cpu");
        CliRun auto = await CliRun.Of([.. args, "auto"]);
        Assert.Equal((await CliRun.Of([.. args, "cpu"])).Output, auto.Output);
        Assert.Contains("the processor computes", auto.Error);
    }

    [Fact]
    public async Task NoEcho_LeavesThePromptOut() =>
        Assert.DoesNotContain(
            "Once upon", (await CliRun.Of("run", "Once upon a time", "--no-echo", "--temperature", "0", "--max-tokens", "8")).Output);

    [Fact]
    public async Task Json_TellsTextAndTimes()
    {
        JsonObject json = (await CliRun.Of("run", "Once upon a time", "--temperature", "0", "--max-tokens", "8", "--json")).Json();
        Assert.Equal("built-in", json["code"]!.GetValue<string>());
        Assert.Equal("length", json["finish_reason"]!.GetValue<string>());
        Assert.Equal(8, json["generated_tokens"]!.GetValue<int>());
        Assert.NotEmpty(json["text"]!.GetValue<string>());
        Assert.True(json["ttft_ms"]!.GetValue<double>() > 0);
    }

    [Fact]
    public async Task Stop_EndsTheText()
    {
        string[] args = ["run", "Once upon a time", "--temperature", "0", "--max-tokens", "30", "--json"];
        string text = (await CliRun.Of(args)).Json()["text"]!.GetValue<string>();
        JsonObject stopped = (await CliRun.Of([.. args, "--stop", text[8..12]])).Json();
        Assert.Equal(text[..text.IndexOf(text[8..12], StringComparison.Ordinal)], stopped["text"]!.GetValue<string>());
        Assert.Equal("stop_string", stopped["finish_reason"]!.GetValue<string>());
    }

    [Fact]
    public async Task Stats_GoToStandardError()
    {
        CliRun run = await CliRun.Of("run", "Once", "--max-tokens", "4", "--stats");
        Assert.Contains("TTFT", run.Error);
        Assert.Contains("tokens/s", run.Error);
    }

    [Theory]
    [InlineData("mobile")]
    [InlineData("mobile-finemoe")]
    public async Task Threshold_DecidesBetweenTextsAndTheExactOne(string method)
    {
        string[] args = ["run", "Once upon a time", "--temperature", "0", "--max-tokens", "24", "--stats"];
        CliRun exact = await CliRun.Of(args);
        CliRun same = await CliRun.Of([.. args, "--offload", method, "--threshold", "1.1"]);
        Assert.Equal(exact.Output, same.Output);
        Assert.Contains("23 of 23 decode steps ran again", same.Error);
        CliRun little = await CliRun.Of([.. args, "--offload", method, "--fallback", "never"]);
        Assert.NotEqual(exact.Output, little.Output);

        // half of four experts for 23 of 28 tokens: the prompt has all
        Assert.Contains($"{method} is not exact: 41.1 % of what the routers chose", little.Error);
        Assert.DoesNotContain("not exact", exact.Error);
    }

    [Fact]
    public async Task StatsOfALossyMethod_SayWhatItHasChanged()
    {
        CliRun run = await CliRun.Of("run", "Once", "--max-tokens", "40", "--stats", "--budget", "14MiB", "--offload", "swapmoe");
        Assert.Contains("not exact: ", run.Error);
        Assert.Contains(" of what the routers chose did not run", run.Error);
        Assert.Contains(" experts swapped in", run.Error);
    }

    [Fact]
    public async Task Plan_GivesTheBudgetAndTheVirtualExperts()
    {
        using TemporaryFolder folder = new();
        long floor = (await CliRun.Of("inspect", "demo", "--json")).Json()["budget_floor_bytes"]!.GetValue<long>();
        SwapPlan plan = new()
        {
            Fingerprint = Demo.ModelInfo.Fingerprint,
            BudgetBytes = floor + (32 * Demo.ModelInfo.ExpertBytes),
            UpdateInterval = 1,
            ExpertsPerLayer = [3, 4, 5, 6, 7],
        };
        plan.Save(folder["plan.json"]);
        CliRun run = await CliRun.Of("run", "Once", "--max-tokens", "4", "--offload", "swapmoe", "--plan", folder["plan.json"], "--stats");
        Assert.Contains("swapmoe with 26 of 120 experts", run.Error);

        (plan with { Fingerprint = "f" }).Save(folder["other.json"]);
        (await CliRun.Of("run", "Once", "--offload", "swapmoe", "--plan", folder["other.json"])).AssertFailed("other.json: is a plan for the model f");
    }

    [Fact]
    public async Task PlanWithoutSwapMoE_IsRefused() =>
        (await CliRun.Of("run", "Once", "--plan", "plan.json")).AssertFailed("--plan is of no use with --offload finemoe; expected --offload swapmoe");

    [Fact]
    public async Task PlanThatIsNotThere_IsRefused() =>
        (await CliRun.Of("run", "Once", "--offload", "swapmoe", "--plan", "no-plan.json")).AssertFailed("no-plan.json: does not exist; expected a plan");

    [Fact]
    public async Task EmptyPrompt_IsRefused() => (await CliRun.Of("run", "")).AssertFailed("no tokens");

    [Fact]
    public async Task BudgetBelowTheNeed_IsRefused() =>
        (await CliRun.Of("run", "x", "--budget", "1MB")).AssertFailed("1000000 bytes", "expected at least");

    [Fact]
    public async Task FolderWithoutTokenizer_IsRefused() =>
        (await CliRun.Of("run", Path.Combine(RepositoryFiles.Cases, "edge-tied"), "text")).AssertFailed("has no tokenizer.json");

    [Fact]
    public async Task UnseenFolder_IsCompiledOnceAndThenCached()
    {
        // a spec of its own: the demo model with another epsilon
        using TemporaryFolder folder = new();
        foreach (string name in new[] { "tokenizer.json", "model.safetensors" })
        {
            File.Copy(Path.Combine(RepositoryFiles.DemoModel, name), folder[name]);
        }

        string config = File.ReadAllText(Path.Combine(RepositoryFiles.DemoModel, "config.json"));
        folder.Write("config.json", config.Replace("1e-06", "1.5e-06"));
        string[] args = ["run", folder.Path, "Once upon a time", "--temperature", "0", "--max-tokens", "8", "--json"];
        CliRun first = await CliRun.Of(args), second = await CliRun.Of(args);
        Assert.Equal("compiled", first.Json()["code"]!.GetValue<string>());
        Assert.Contains("compiling", first.Error);
        Assert.Equal("cached", second.Json()["code"]!.GetValue<string>());
        Assert.Empty(second.Error);
        Assert.Equal(first.Json()["text"]!.GetValue<string>(), second.Json()["text"]!.GetValue<string>());
    }
}
