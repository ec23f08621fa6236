using System.Text.Json.Nodes;
using MoeGen.Cli.Tests.Testing;
using MoeGen.Experts.Selection.VirtualExperts;
using MoeGen.Models;
using MoeGen.Testing;

namespace MoeGen.Cli.Tests.Commands;

public class PlanCommandTests
{
    private const long Budget = 14 << 20;

    private static readonly string[] s_short = ShortPlan(Budget);

    [Fact]
    public async Task PlanFile_IsWhatIsPrinted()
    {
        using TemporaryFolder folder = new();
        JsonObject json = (await CliRun.Of([.. s_short, "-o", folder["plan.json"], "--compare", "--json"])).Json();
        SwapPlan plan = SwapPlan.Load(folder["plan.json"]);
        Assert.Equal([folder["plan.json"]], Directory.GetFileSystemEntries(folder.Path));

        Assert.Equal(plan.ExpertsPerLayer, json["experts_per_layer"]!.AsArray().Select(count => count!.GetValue<int>()));
        Assert.All(plan.ExpertsPerLayer, count => Assert.InRange(count, 4, 24));
        Assert.Equal((Budget, plan.UpdateInterval), (plan.BudgetBytes, json["update_interval"]!.GetValue<int>()));
        Assert.Equal(plan.PredictedBytes, json["predicted_bytes"]!.GetValue<long>());
        Assert.Equal(plan.PredictedTpotMs, json["predicted_tpot_ms"]!.GetValue<double>());
        Assert.Equal(plan.PredictedAgreement, json["predicted_agreement"]!.GetValue<double>());
        Assert.InRange(plan.PredictedBytes!.Value, 1, Budget);

        // memory was predicted, and is what the model then held
        Assert.All(["measured", "held_out_planned"], key => Assert.Equal(plan.PredictedBytes, json[key]!["bytes"]!.GetValue<long>()));
        Assert.InRange(json["held_out_even"]!["agreement"]!.GetValue<double>(), 0, 1);
        Assert.True(json["held_out_even"]!["kl"]!.GetValue<double>() > 0);
        Assert.Equal(json["samples"]!.GetValue<int>(), json["runs"]!.AsArray().Count);
        Assert.Equal(7, json["sweep"]!.AsArray().Count);
    }

    [Fact]
    public async Task Plan_IsTakenByBench()
    {
        using TemporaryFolder folder = new();
        int[] experts = [.. (await CliRun.Of([.. s_short, "-o", folder["plan.json"], "--json"])).Json()["experts_per_layer"]!
            .AsArray().Select(count => count!.GetValue<int>())];
        string[] bench = ["bench", "demo", "--offload", "swapmoe", "--plan", folder["plan.json"], "--context", "64", "--prompt-tokens", "8"];
        JsonObject json = (await CliRun.Of([.. bench, "--tokens", "8", "--runs", "1", "--json"])).Json();
        Assert.Equal((Budget, experts.Sum() + 1), (json["budget_bytes"]!.GetValue<long>(), json["expert_slots"]!.GetValue<int>()));
        Assert.Equal(0, json["expert_misses"]!.GetValue<int>());
    }

    [Fact]
    public async Task Text_IsForPeople()
    {
        CliRun run = await CliRun.Of(s_short);
        Assert.True(run.ExitCode == ExitCodes.Done, run.Error);
        string[] titles =
        [
            "Virtual Experts", "update interval", "predicted memory", "predicted TPOT", "predicted agreement", "measured", "quality model",
            "an expert",
        ];
        Assert.All(titles, title => Assert.Contains($"\n{title}  ", run.Output));
        Assert.Contains("text that the model wrote itself at temperature 1", run.Output);
        Assert.Empty(run.Error);
    }

    [Fact]
    public async Task TextFiles_AreWhatItRunsOn()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["story.txt"], string.Concat(Enumerable.Repeat("Once upon a time there was a little fox. ", 40)));
        CliRun run = await CliRun.Of([.. s_short, "--text", folder["story.txt"], "--json"]);
        Assert.Equal("story.txt", run.Json()["text"]!.GetValue<string>());
    }

    [Fact]
    public async Task FewerSlotsThanTopK_AreSaid()
    {
        // room for 19 experts and a spare slot, where five layers choose four each
        MoeOptions options = new() { ContextLength = 64, Offloading = Offloading.SwapMoE() };
        CliRun run = await CliRun.Of(ShortPlan((MemoryPlan.Largest(Demo.ModelInfo, options) with { NumSlots = 20 }).TotalBytes));
        Assert.True(run.ExitCode == ExitCodes.Done, run.Error);
        Assert.Contains("fewer than the 4 experts that a token chooses", run.Output);
    }

    [Fact]
    public async Task BudgetBelowTheFloor_IsRefused() =>
        (await CliRun.Of("plan", "demo", "--budget", "1MiB")).AssertFailed("memory budget is 1048576 bytes", "expected at least");

    [Fact]
    public async Task BudgetForAll_LeavesNothingToPlan() =>
        (await CliRun.Of("plan", "demo", "--budget", "1GiB")).AssertFailed("nothing to plan");

    [Fact]
    public async Task ShortText_IsRefused()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["short.txt"], "Once upon a time.");
        (await CliRun.Of([.. s_short, "--text", folder["short.txt"]])).AssertFailed("short.txt", "tokens; expected at least", "--tokens");
    }

    [Fact]
    public async Task MissingText_IsRefused() =>
        (await CliRun.Of([.. s_short, "--text", "no-such-file.txt"])).AssertFailed("no-such-file.txt");

    [Fact]
    public async Task ModelWithAnEncoder_IsRefused() =>
        (await CliRun.Of("plan", Path.Combine(RepositoryFiles.Cases, "switch_transformers-a"), "--budget", "1MiB"))
            .AssertFailed("has an encoder");

    [Fact]
    public async Task FolderThatDoesNotExist_IsRefusedBeforeTheWork() =>
        (await CliRun.Of([.. s_short, "-o", "/no/such/folder/plan.json"])).AssertFailed("its folder does not exist");

    [Fact]
    public async Task ShortContext_IsRefused() =>
        (await CliRun.Of("plan", "demo", "--budget", "14MiB", "--context", "40")).AssertFailed("the context length is 40", "at least 96");

    [Theory]
    [InlineData("plan", "demo")]
    [InlineData("plan", "demo", "--budget", "14MiB", "--samples", "4")]
    [InlineData("plan", "demo", "--budget", "14MiB", "--tokens", "15")]
    public async Task WrongUsage_HasItsExitCode(params string[] args) => Assert.Equal(ExitCodes.WrongUsage, (await CliRun.Of(args)).ExitCode);

    [Fact]
    public async Task Interruption_HasItsExitCodeAndLeavesNothing()
    {
        using TemporaryFolder folder = new();
        using CancellationTokenSource source = new();
        source.Cancel();
        CliRun run = await CliRun.With("", source.Token, [.. s_short, "-o", folder["plan.json"]]);
        Assert.Equal(ExitCodes.Interrupted, run.ExitCode);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    private static string[] ShortPlan(long budget) =>
        ["plan", "demo", "--budget", $"{budget}", "--samples", "5", "--tokens", "16", "--threads", "1", "--context", "64"];
}
