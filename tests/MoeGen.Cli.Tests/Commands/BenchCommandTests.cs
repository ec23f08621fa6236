using System.Text.Json.Nodes;
using MoeGen.Cli.Tests.Testing;

namespace MoeGen.Cli.Tests.Commands;

public class BenchCommandTests
{
    [Fact]
    public async Task Json_HasThePromisedKeys()
    {
        string[] args = ["bench", "demo", "--prompt-tokens", "16", "--tokens", "8", "--runs", "2", "--threads", "1", "--json"];
        JsonObject json = (await CliRun.Of(args)).Json();
        string[] numbers =
        [
            "threads", "prompt_tokens", "generated_tokens", "ttft_ms", "tpot_ms", "tokens_per_second", "prefill_tokens_per_second",
            "expert_hits", "peak_rss_bytes",
        ];
        Assert.All(numbers, key => Assert.True(json[key]!.GetValue<double>() > 0, key));
        string[] zeros = ["expert_late_hits", "expert_misses", "bytes_read_per_token", "stall_ms_per_token"];
        Assert.All(zeros, key => Assert.Equal(0, json[key]!.GetValue<double>()));
        Assert.Equal("resident", json["offload"]!.GetValue<string>());
        Assert.Equal("BF16", json["format"]!.GetValue<string>());
        Assert.True(json.ContainsKey("budget_bytes"));
        Assert.True(json.ContainsKey("allocated_bytes_per_token"));

        // two runs of 7 decoded tokens, the first one being the prompt's, use 4 experts in each of 5 layers; a prompt between 4 and 24
        Assert.Equal(2 * 7 * 5 * 4, json["expert_hits"]!.GetValue<long>());
        Assert.InRange(json["prefill_expert_hits"]!.GetValue<long>(), 2 * 5 * 4, 2 * 5 * 24);
    }

    [Fact]
    public async Task SequencesTogether_ShareTheirSteps()
    {
        string[] args = ["bench", "demo", "--prompt-tokens", "16", "--tokens", "24", "--runs", "2", "--threads", "1", "--sequences", "4"];
        JsonObject json = (await CliRun.Of([.. args, "--json"])).Json();
        Assert.Equal(4, json["sequences"]!.GetValue<int>());
        double together = json["sequences_per_step"]!.GetValue<double>(), experts = json["experts_per_step"]!.GetValue<double>();
        Assert.InRange(together, 1, 4);

        // 5 layers: 4 experts for one token, at most 4 more for each further one; every token of every text counts
        Assert.InRange(experts, 5 * 4, 5 * 4 * together);
        Assert.Equal(2 * 4 * 23, Math.Round(together * json["expert_hits"]!.GetValue<long>() / experts));
        Assert.Contains("of 4 sequences", (await CliRun.Of(args)).Output);
        Assert.Equal(ExitCodes.WrongUsage, (await CliRun.Of("bench", "--sequences", "0")).ExitCode);
    }

    [Fact]
    public async Task ContextThatIsTooShort_IsOneError() =>
        (await CliRun.Of("bench", "demo", "--sequences", "3", "--context", "20", "--prompt-tokens", "16", "--tokens", "8"))
            .AssertFailed("16 prompt tokens and 8 generated ones make 24");

    [Fact]
    public async Task BudgetBelowTheModel_CountsMissesAndBytes()
    {
        string[] args = ["bench", "demo", "--tokens", "32", "--runs", "2", "--budget", "14MiB", "--offload", "lru", "--json"];
        JsonObject json = (await CliRun.Of(args)).Json();
        Assert.Equal("lru", json["offload"]!.GetValue<string>());
        Assert.Equal(14 << 20, json["budget_bytes"]!.GetValue<long>());
        long uses = new[] { "expert_hits", "expert_late_hits", "expert_misses" }.Sum(key => json[key]!.GetValue<long>());
        Assert.Equal(2 * 31 * 5 * 4, uses);
        Assert.True(json["expert_misses"]!.GetValue<long>() > 0);
        Assert.True(json["bytes_read_per_token"]!.GetValue<double>() > 0);
        Assert.True(json["stall_ms_per_token"]!.GetValue<double>() > 0);
        Assert.InRange(json["expert_slots"]!.GetValue<int>(), 2, 119);
    }

    [Theory]
    [InlineData("1.1", 1.0, 0.25)]
    [InlineData("0", 0.0, 0.5)]
    public async Task LossyMethod_SaysWhatItLeavesOut(string threshold, double fallbackShare, double skippedShare)
    {
        string[] args = ["bench", "demo", "--tokens", "16", "--runs", "1", "--offload", "mobile", "--threshold", threshold];
        JsonObject json = (await CliRun.Of([.. args, "--json"])).Json();

        // everything is in memory, and the method still changes the outputs
        Assert.Equal("mobile", json["offload"]!.GetValue<string>());
        Assert.Equal(15, json["decode_steps"]!.GetValue<int>());
        Assert.Equal(fallbackShare, json["fallback_share"]!.GetValue<double>());
        Assert.Equal(skippedShare, json["skipped_share"]!.GetValue<double>(), 1e-9);
        Assert.Contains($"{15 * fallbackShare} of 15 decode steps ran again", (await CliRun.Of(args)).Output);
    }

    [Fact]
    public async Task OptionsOfAnotherMethod_AreRefused()
    {
        (await CliRun.Of("bench", "--offload", "lru", "--threshold", "0.5")).AssertFailed("--threshold is of no use with --offload lru");
        (await CliRun.Of("bench", "--offload", "mobile", "--map-store", "x")).AssertFailed("--map-store is of no use with --offload mobile");
        Assert.Equal(ExitCodes.WrongUsage, (await CliRun.Of("bench", "--offload", "mobile", "--threshold", "-1")).ExitCode);
        Assert.Equal(ExitCodes.WrongUsage, (await CliRun.Of("bench", "--offload", "mobile", "--threshold", "NaN")).ExitCode);
    }

    [Fact]
    public async Task LossyMethod_SaysWhatItHasChanged()
    {
        string[] args = ["bench", "demo", "--tokens", "32", "--runs", "2", "--budget", "14MiB", "--offload", "swapmoe"];
        JsonObject json = (await CliRun.Of([.. args, "--json"])).Json();
        Assert.InRange(json["skipped_share"]!.GetValue<double>(), 0.01, 0.99);
        Assert.InRange(json["skipped_weight_share"]!.GetValue<double>(), 0.01, 0.99);
        Assert.True(json["swaps"]!.GetValue<long>() > 0);
        Assert.True(json["swap_bytes"]!.GetValue<long>() > 0);
        Assert.Equal(0, json["swaps_failed"]!.GetValue<long>());
        Assert.Equal(0, json["expert_misses"]!.GetValue<long>());
        Assert.Equal(0, json["stall_ms_per_token"]!.GetValue<double>());
        Assert.Contains("not exact", (await CliRun.Of(args)).Output);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("1")]
    public async Task Auto_RunsTheMethodThatItHasFoundAndSaysWhy(string? tolerance)
    {
        string[] args = ["bench", "demo", "--tokens", "8", "--runs", "1", "--budget", "14MiB", "--offload", "auto", "--json"];
        CliRun run = await CliRun.Of([.. args, .. tolerance is null ? Array.Empty<string>() : ["--tolerance", tolerance]]);
        string method = run.Json()["offload"]!.GetValue<string>();
        Assert.Contains($"moegen: auto: {method}: ", run.Error);
        Assert.Contains(" experts fit, experts arrive at ", run.Error);
        Assert.Equal(tolerance is not null, run.Error.Contains("trying methods that are not exact", StringComparison.Ordinal));
        Assert.True(tolerance is not null || Offloading.ExactNames.Contains(method));
    }

    [Fact]
    public async Task MethodWithChoices_RunsWithThem()
    {
        string[] args = ["bench", "demo", "--tokens", "8", "--runs", "1", "--budget", "14MiB", "--json", "--offload"];
        Assert.Equal("buddy:gap=0.3,base=lru", (await CliRun.Of([.. args, "buddy:gap=0.3,base=lru"])).Json()["offload"]!.GetValue<string>());
        CliRun wrong = await CliRun.Of([.. args, "buddy:gap=3"]);
        Assert.Equal(ExitCodes.WrongUsage, wrong.ExitCode);
        Assert.Contains("--offload buddy:gap=3: ", wrong.Error);
        wrong = await CliRun.Of([.. args, "fine"]);
        Assert.Equal(ExitCodes.WrongUsage, wrong.ExitCode);
        Assert.Contains("--offload fine: fine is no method; expected finemoe", wrong.Error);
        Assert.Contains("or auto", wrong.Error);
    }

    [Fact]
    public async Task Tolerance_IsForAutoAlone()
    {
        (await CliRun.Of("bench", "--offload", "buddy", "--tolerance", "0.1")).AssertFailed("--tolerance is of no use with --offload buddy");
        Assert.Equal(ExitCodes.WrongUsage, (await CliRun.Of("bench", "--offload", "auto", "--tolerance", "2")).ExitCode);
    }

    [Fact]
    public void DecodedToken_AllocatesNothingInTheWholeProcess() =>
        Assert.Equal(0, BenchDemo("--runs", "3")["allocated_bytes_per_token"]!.GetValue<double>());

    [Theory]
    [InlineData("finemoe")]
    [InlineData("lru")]
    public void PeakMemory_IsTheBudgetAndTheRuntime(string method)
    {
        // what the README promises: code, .NET runtime and managed heap beside the budget
        const long RuntimeBytes = 150L << 20, Budget = 14 << 20;
        JsonObject json = BenchDemo("--runs", "2", "--budget", $"{Budget}", "--offload", method);
        Assert.InRange(json["peak_rss_bytes"]!.GetValue<long>(), 1, Budget + RuntimeBytes);
        Assert.True(json["expert_misses"]!.GetValue<long>() > 0);
    }

    [Fact]
    public async Task MoreTokensThanTheContext_AreRefused() =>
        (await CliRun.Of("bench", "demo", "--prompt-tokens", "250", "--tokens", "64")).AssertFailed(
            "250 prompt tokens and 64 generated ones make 314; expected at most 256");

    private static JsonObject BenchDemo(params string[] options) => CliProcess.Run(["bench", "demo", "--json", .. options]).Json;
}
