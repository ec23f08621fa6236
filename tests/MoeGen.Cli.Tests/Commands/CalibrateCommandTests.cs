using System.Text.Json.Nodes;
using MoeGen.Cli.Tests.Testing;
using MoeGen.Testing;

namespace MoeGen.Cli.Tests.Commands;

public sealed class CalibrateCommandTests : IDisposable
{
    private static readonly string s_text = Path.Combine(RepositoryFiles.Root, "tests/MoeGen.Benchmarks/text/stories.txt");
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Demo_EndToEnd()
    {
        string file = _folder["calibration.json"];
        string[] args = ["calibrate", "demo", "--text", s_text, "--tokens", "150", "--tolerance", "0.1", "--threads", "1", "-o", file, "--json"];
        CliRun run = await CliRun.Of(args);
        JsonObject json = run.Json();
        int tokens = json["tokens"]!.GetValue<int>();
        Assert.Contains($"calibrating on {tokens} decode steps, each run at most 16 times", run.Error);
        double threshold = json["threshold"]!.GetValue<double>();
        JsonObject found = json["found"]!.AsObject(), little = json["little"]!.AsObject(), random = json["random"]!.AsObject();
        Assert.InRange(threshold, 0, 1.01);
        Assert.InRange(found["agreement"]!.GetValue<double>(), 0.9, 1);
        Assert.True(found["perplexity"]!.GetValue<double>() <= 1.1 * json["exact_perplexity"]!.GetValue<double>());
        Assert.Equal(0, little["fallback_share"]!.GetValue<double>());
        Assert.Equal(0, little["little_kl"]!.GetValue<double>());

        // the draw has a spread of its own
        Assert.Equal(found["fallback_share"]!.GetValue<double>(), random["fallback_share"]!.GetValue<double>(), 0.2);
        JsonArray sweep = json["sweep"]!.AsArray();
        Assert.Equal([0.3f, 0.5f, 0.6f, 0.7f, 0.8f, 0.9f], sweep.Select(trial => trial!["threshold"]!.GetValue<float>()));
        Assert.Equal(sweep.Select(FallbackShare), sweep.Select(FallbackShare).Order());

        string[] bench = ["bench", "demo", "--tokens", "8", "--runs", "1", "--offload", "mobile", "--calibration", file, "--json"];
        JsonObject benched = (await CliRun.Of(bench)).Json();
        Assert.Equal(found["agreement"]!.GetValue<double>(), benched["expected_agreement"]!.GetValue<double>());
        string[] stats = ["run", "Once upon a time", "--max-tokens", "8", "--offload", "mobile-finemoe", "--calibration", file, "--stats"];
        Assert.Contains("expected of its calibration", (await CliRun.Of(stats)).Error);
    }

    [Fact]
    public async Task Text_IsATableForPeople()
    {
        string[] args = ["calibrate", "demo", "--text", s_text, "--tokens", "60", "--tolerance", "0.9", "--fallback", "margin"];
        CliRun run = await CliRun.Of(args);
        Assert.Equal(ExitCodes.Done, run.ExitCode);
        Assert.Contains("2 of 4 experts, confidence by margin", run.Output);
        Assert.Contains("found: 0 ", run.Output);
        string[] titles = ["4 experts", "0.3 ", "0.9 ", "as many by lot", "2 experts"];
        Assert.All(titles, title => Assert.Contains(run.Output.Split('\n'), line => line.StartsWith(title, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task WrongInput_IsRefused()
    {
        _folder.Write("short.txt", "Once");
        _folder.Write("wrong.json", "{}");
        (await CliRun.Of("calibrate", "demo", "--text", _folder["short.txt"])).AssertFailed("short.txt", "expected at least 18");
        (await CliRun.Of("calibrate", "demo", "--text", s_text, "--prompt-tokens", "255")).AssertFailed("need a context of 257");
        (await CliRun.Of("calibrate", "demo", "--text", s_text, "-o", _folder["no/file"])).AssertFailed("its folder does not exist");
        (await CliRun.Of("calibrate", Path.Combine(RepositoryFiles.Cases, "edge-tied"), "--text", s_text)).AssertFailed("tokenizer.json");
        Assert.Equal(ExitCodes.WrongUsage, (await CliRun.Of("calibrate", "demo")).ExitCode);
        Assert.Equal(ExitCodes.WrongUsage, (await CliRun.Of("calibrate", "demo", "--text", s_text, "--tolerance", "0")).ExitCode);
        (await CliRun.Of("run", "x", "--offload", "mobile", "--calibration", _folder["wrong.json"])).AssertFailed("wrong.json", "fingerprint");
        string[] both = ["run", "x", "--offload", "mobile", "--calibration", _folder["wrong.json"], "--threshold", "0.5"];
        (await CliRun.Of(both)).AssertFailed("--threshold");
        (await CliRun.Of("run", "x", "--calibration", _folder["wrong.json"])).AssertFailed("--calibration is of no use with --offload finemoe");
    }

    [Fact]
    public async Task ModelWithOneExpertPerToken_IsRefused()
    {
        using DemoVariant folder = new(1);
        CliRun run = await CliRun.Of("calibrate", folder.Path, "--text", s_text);
        Assert.Equal(ExitCodes.Failed, run.ExitCode);
        Assert.Contains("runs one expert per token", run.Error);
    }

    [Fact]
    public async Task Interruption_LeavesNoFile()
    {
        using CancellationTokenSource interrupt = new(TimeSpan.FromMilliseconds(300));
        string file = _folder["calibration.json"];
        CliRun run = await CliRun.With("", interrupt.Token, "calibrate", "demo", "--text", s_text, "--tokens", "8000", "-o", file);
        Assert.Equal(ExitCodes.Interrupted, run.ExitCode);
        Assert.False(File.Exists(file));
    }

    public void Dispose() => _folder.Dispose();

    private static double FallbackShare(JsonNode? trial) => trial!["fallback_share"]!.GetValue<double>();
}
