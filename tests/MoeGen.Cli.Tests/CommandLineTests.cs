using MoeGen.Cli.Tests.Testing;
using MoeGen.Testing;

namespace MoeGen.Cli.Tests;

public class CommandLineTests
{
    [Theory]
    [InlineData("run", "--temperature")]
    [InlineData("inspect", "--json")]
    [InlineData("emit", "--output")]
    [InlineData("logits", "--greedy")]
    [InlineData("tokenize", "--jsonl")]
    [InlineData("template", "--jsonl")]
    [InlineData("eval", "--continuations")]
    [InlineData("bench", "--runs")]
    public async Task Help_ListsTheOptions(string command, string option)
    {
        CliRun run = await CliRun.Of(command, "--help");
        Assert.Equal(ExitCodes.Done, run.ExitCode);
        Assert.Contains(option, run.Output);
        Assert.Contains($"moegen {command}", run.Output);
    }

    [Theory]
    [InlineData]
    [InlineData("bogus")]
    [InlineData("run")]
    [InlineData("run", "a", "b", "c")]
    [InlineData("run", "--max-tokens", "-1", "x")]
    [InlineData("run", "--max-tokens", "many", "x")]
    [InlineData("run", "--temperature", "-0.5", "x")]
    [InlineData("run", "--top-p", "0", "x")]
    [InlineData("run", "--stop", "", "x")]
    [InlineData("run", "--budget", "much", "x")]
    [InlineData("run", "--offload", "magic", "x")]
    [InlineData("run", "--device", "abacus", "x")]
    [InlineData("run", "--threads", "0", "x")]
    [InlineData("inspect")]
    [InlineData("emit", "demo")]
    [InlineData("emit", "demo", "-o", "x", "--name", "2nd")]
    [InlineData("emit", "demo", "-o", "x", "--namespace", "a..b")]
    [InlineData("logits", "demo", "-o", "x")]
    [InlineData("eval", "demo")]
    [InlineData("eval", "demo", "--text", "x", "--offload", "magic")]
    [InlineData("eval", "demo", "--text", "x", "--tokens", "0")]
    [InlineData("bench", "--runs", "0")]
    public async Task WrongUsage_ExitsWith2AndPointsToTheHelp(params string[] args)
    {
        CliRun run = await CliRun.Of(args);
        Assert.Equal(ExitCodes.WrongUsage, run.ExitCode);
        Assert.Contains("--help", run.Error);
        Assert.Empty(run.Output);
    }

    [Fact]
    public async Task UnknownModel_IsOneLineWithTheKnownOnes() =>
        (await CliRun.Of("inspect", "no-such-model")).AssertFailed("no-such-model", "expected a Hugging Face folder or one of", "demo");

    [Fact]
    public async Task FolderWithoutConfig_IsOneLine()
    {
        using TemporaryFolder folder = new();
        (await CliRun.Of("inspect", folder.Path)).AssertFailed(folder["config.json"], "does not exist");
    }

    [Fact]
    public async Task WarningOfAConfig_GoesToStandardErrorAndTheCommandGoesOn()
    {
        using TemporaryFolder folder = new();
        string config = File.ReadAllText(Path.Combine(RepositoryFiles.DemoModel, "config.json"));
        folder.Write("config.json", config.Replace("\"use_cache\"", "\"use_cash\""));
        CliRun run = await CliRun.Of("inspect", folder.Path, "--json");
        Assert.Equal(8185024, run.Json()["total_params"]!.GetValue<long>());
        Assert.Contains("warning: ", run.Error);
        Assert.Contains("MOEG0008: use_cash is not a key of qwen3_moe and is ignored (did you mean use_cache?)", run.Error);
    }

    [Fact]
    public async Task Interrupted_ExitsWith130()
    {
        using CancellationTokenSource interrupt = new();
        interrupt.Cancel();
        CliRun run = await CliRun.With("", interrupt.Token, "run", "Once", "--max-tokens", "1");
        Assert.Equal(ExitCodes.Interrupted, run.ExitCode);
    }

    [Fact]
    public async Task InterruptedWhileWriting_ExitsWith130()
    {
        using CancellationTokenSource interrupt = new(TimeSpan.FromMilliseconds(300));
        CliRun run = await CliRun.With("", interrupt.Token, "bench", "demo", "--runs", "100000");
        Assert.Equal(ExitCodes.Interrupted, run.ExitCode);
    }
}
