using System.Text.Json.Nodes;
using MoeGen.Cli.Tests.Testing;
using MoeGen.Simulation;
using MoeGen.Testing;

namespace MoeGen.Cli.Tests.Commands;

public sealed class SimulateCommandTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    private string Trace => _folder["trace.safetensors"];

    public async ValueTask InitializeAsync()
    {
        CliRun run = await CliRun.Of(
            "trace", Path.Combine(RepositoryFiles.Cases, "edge-tied"), "-o", Trace, "--sequences", "4", "--prompt-tokens", "6",
            "--tokens", "6");
        Assert.True(run.ExitCode == ExitCodes.Done, run.Error);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task AllPolicies_AreSimulatedForAllSizes()
    {
        JsonObject json = (await CliRun.Of("simulate", Trace, "--slots", "75%,50%", "--consistency", "--json")).Json();
        JsonArray results = json["results"]!.AsArray();

        // what is resident needs no sizes
        Assert.Equal(1 + (2 * (SimulationPolicy.Names.Count - 1)), results.Count);
        Assert.Equal("resident", results[0]!["offload"]!.GetValue<string>());
        Assert.Equal(0, results[0]!["expert_misses"]!.GetValue<long>());
        Assert.Equal("nvme-cpu", json["hardware"]!.GetValue<string>());
        Assert.Equal(4, json["sequences"]!.GetValue<int>());
        long best = Hits(results.Single(result => Is(result!, "belady", 0.75))!);
        Assert.All(
            results.Where(result => result!["offload"]!.GetValue<string>() is "lru" or "lru-layer" or "lfu" or "least-stale"),
            result => Assert.True(Hits(result!) <= best));
        Assert.Equal(20, json["consistency"]!.AsArray().Count);
    }

    [Fact]
    public async Task SameCommand_PrintsTheSameTwice()
    {
        string[] args =
        [
            "simulate", Trace, "--offload", "finemoe,oracle", "--train", "0.5", "--hardware", "6x-rtx3090-pcie4", "--slots", "75%",
        ];
        CliRun first = await CliRun.Of(args), second = await CliRun.Of(args);
        Assert.True(first.ExitCode == ExitCodes.Done, first.Error);
        Assert.Equal(first.Output, second.Output);
        Assert.Contains("2 sequences simulated on 6x-rtx3090-pcie4 after 2 for the prefetchers", first.Output);
    }

    [Fact]
    public async Task LargerExperts_TakeLonger()
    {
        string[] args = ["simulate", Trace, "--offload", "lru", "--slots", "50%", "--json"];
        JsonNode small = (await CliRun.Of(args)).Json()["results"]![0]!;
        JsonNode large = (await CliRun.Of([.. args, "--expert-bytes", "17MB"])).Json()["results"]![0]!;
        Assert.Equal(small["expert_misses"]!.GetValue<long>(), large["expert_misses"]!.GetValue<long>());
        Assert.True(large["ttft_ms"]!.GetValue<double>() > small["ttft_ms"]!.GetValue<double>());
    }

    [Fact]
    public async Task HardwareFile_IsRead()
    {
        _folder.Write(
            "slow.json", """
            {"link_bytes_per_second": 1e6, "link_latency_us": 0, "pieces_in_flight": 1, "piece_bytes": 65536,
             "compute_bytes_per_second": 1e9, "balanced_tokens": 1, "expert_us": 0, "layer_us": 0, "pass_us": 0,
             "prefetch_us": 0, "devices": 1}
            """);
        JsonObject json = (await CliRun.Of("simulate", Trace, "--offload", "lru", "--hardware", _folder["slow.json"], "--json")).Json();
        Assert.Equal("slow", json["hardware"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("--offload", "lru,clairvoyance", "--offload has clairvoyance; expected all or some of finemoe, lru,")]
    [InlineData("--offload", "swapmoe", "--offload has swapmoe, under which routers would have chosen others than the trace says; expected all or some")]
    [InlineData("--slots", "50%,0", "--slots has 0; expected numbers, or percentages up to 100%")]
    [InlineData("--slots", "101%", "--slots has 101%")]
    [InlineData("--budget", "much", "--budget has much; expected sizes like 3GiB,800MB")]
    [InlineData("--train", "1", "--train is 1; expected 0 or above, and below 1")]
    [InlineData("--expert-bytes", "-1", "--expert-bytes is -1; expected a size")]
    public async Task WrongOptions_AreWrongUsage(string option, string value, string fault)
    {
        CliRun run = await CliRun.Of("simulate", Trace, option, value);
        Assert.Equal(ExitCodes.WrongUsage, run.ExitCode);
        Assert.Contains(fault, run.Error);
    }

    [Fact]
    public async Task SlotsAndBudget_AreWrongUsage()
    {
        CliRun run = await CliRun.Of("simulate", Trace, "--slots", "3", "--budget", "1GiB");
        Assert.Equal(ExitCodes.WrongUsage, run.ExitCode);
        Assert.Contains("--slots and --budget are both given", run.Error);
    }

    [Fact]
    public async Task WrongFiles_AreRefused()
    {
        (await CliRun.Of("simulate", _folder["none"])).AssertFailed("none: does not exist; expected a file");
        (await CliRun.Of("simulate", Trace, "--hardware", "abacus")).AssertFailed("abacus: no such machine and no such file");
        (await CliRun.Of("simulate", Trace, "--budget", "1KB")).AssertFailed("1KB: has room for 0 experts", "one for each device");
        (await CliRun.Of("simulate", Trace, "--train", "0.99")).AssertFailed("--train 0.99 takes all 4 sequences");
        string weights = Path.Combine(RepositoryFiles.Cases, "edge-tied", "model.safetensors");
        (await CliRun.Of("simulate", weights)).AssertFailed("its metadata has no moegen_trace");
    }

    private static bool Is(JsonNode result, string policy, double share) =>
        result["offload"]!.GetValue<string>() == policy && result["slots_share"]!.GetValue<double>() == share;

    private static long Hits(JsonNode result) =>
        result["expert_hits"]!.GetValue<long>() + result["prefill_expert_hits"]!.GetValue<long>();
}
