using System.Text.Json.Nodes;
using MoeGen.Cli.Inflation;
using MoeGen.Cli.Tests.Testing;
using MoeGen.Testing;

namespace MoeGen.Cli.Tests.Commands;

public sealed class InflateCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Cases =>
        [.. RepositoryFiles.FolderNames(RepositoryFiles.Cases).Where(name => !name.EndsWith("-fp8") && !name.EndsWith("-mxfp4"))];

    private string Wide => _folder["wide"];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task WiderModel_GivesTheSameBits(string name)
    {
        string source = Path.Combine(RepositoryFiles.Cases, name);
        JsonObject before = (await CliRun.Of("inspect", source, "--json", "--format", "f32")).Json();
        JsonObject summary = (await CliRun.Of("inflate", source, "-o", Wide, "--expert-bytes", "50000", "--json")).Json();
        JsonObject after = (await CliRun.Of("inspect", Wide, "--json", "--format", "f32")).Json();
        Assert.NotEqual(before["fingerprint"]!.GetValue<string>(), after["fingerprint"]!.GetValue<string>());
        Assert.InRange(summary["expert_bytes"]!.GetValue<long>(), 44_000, 56_000);

        JsonObject expected = await Logits(source, "expected"), actual = await Logits(Wide, "actual");
        Assert.Equal(expected["greedy"]!.ToJsonString(), actual["greedy"]!.ToJsonString());
        Assert.Equal(File.ReadAllBytes(_folder["expected"]), File.ReadAllBytes(_folder["actual"]));

        async Task<JsonObject> Logits(string model, string output) => (await CliRun.Of(
            "logits", model, "--tokens", Path.Combine(source, "tokens.json"), "-o", _folder[output], "--greedy", "4", "--json")).Json();
    }

    [Fact]
    public async Task DemoModel_BecomesLarge_AndPacks()
    {
        JsonObject summary = (await CliRun.Of("inflate", "demo", "-o", Wide, "--expert-bytes", "1MB", "--json")).Json();
        Assert.Equal(864, summary["intermediate_size"]!.GetValue<int>());
        Assert.Equal(3 * 864 * 192 * 2, summary["expert_bytes"]!.GetValue<long>());
        Assert.True(File.Exists(Path.Combine(Wide, "tokenizer.json")));
        await CliRun.Of("pack", Wide, "-o", _folder["packed"]);
        string[] options = ["Once upon a time", "--max-tokens", "20", "--seed", "7"];
        CliRun wide = await CliRun.Of(["run", _folder["packed"], .. options]), plain = await CliRun.Of(["run", "demo", .. options]);
        Assert.Equal(plain.Output, wide.Output);
    }

    [Fact]
    public async Task Config_KeepsItsTextButForTheWidth()
    {
        await CliRun.Of("inflate", "demo", "-o", Wide, "--expert-bytes", "1MB");
        string config = File.ReadAllText(Path.Combine(RepositoryFiles.DemoModel, "config.json"));
        Assert.Equal(
            config.Replace("\"moe_intermediate_size\": 96", "\"moe_intermediate_size\": 864"),
            File.ReadAllText(Path.Combine(Wide, "config.json")));
    }

    [Fact]
    public async Task Output_SaysWhatTheSizeBecame()
    {
        CliRun run = await CliRun.Of("inflate", "demo", "-o", Wide, "--expert-bytes", "200000");
        Assert.Contains("120 experts of 184320 bytes in bf16 (200000 were asked for), intermediate size 160", run.Output);
    }

    [Theory]
    [InlineData("110592", 96)]
    [InlineData("110593", 96)]
    [InlineData("129024", 128)]
    public async Task NearestSize_IsTaken(string size, int width) => Assert.Equal(
        width, (await CliRun.Of("inflate", "demo", "-o", Wide, "--expert-bytes", size, "--json")).Json()["intermediate_size"]!.GetValue<int>());

    [Theory]
    [InlineData("110591", "an expert has 110592 bytes already")]
    [InlineData("8000GB", "an intermediate size of 1048576")]
    public async Task SizeOutOfReach_IsRefused(string size, string fault)
    {
        (await CliRun.Of("inflate", "demo", "-o", Wide, "--expert-bytes", size)).AssertFailed("--expert-bytes is", fault);
        Assert.False(Directory.Exists(Wide));
    }

    [Fact]
    public async Task NoSize_IsWrongUsage() =>
        Assert.Equal(ExitCodes.WrongUsage, (await CliRun.Of("inflate", "demo", "-o", Wide, "--expert-bytes", "large")).ExitCode);

    [Theory]
    [InlineData("deepseek_v3-fp8")]
    [InlineData("gpt_oss-mxfp4")]
    public async Task QuantisedCheckpoint_IsRefused(string name)
    {
        CliRun run = await CliRun.Of("inflate", Path.Combine(RepositoryFiles.Cases, name), "-o", Wide, "--expert-bytes", "1MB");
        run.AssertFailed("is quantised; expected F32, F16 or BF16");
        Assert.False(Directory.Exists(Wide));
    }

    [Fact]
    public async Task Interrupted_LeavesNothing()
    {
        using CancellationTokenSource interrupted = new();
        await interrupted.CancelAsync();
        CliRun run = await CliRun.With("", interrupted.Token, "inflate", "demo", "-o", Wide, "--expert-bytes", "1MB");
        Assert.Equal(ExitCodes.Interrupted, run.ExitCode);
        Assert.False(Directory.Exists(Wide));
    }

    [Fact]
    public async Task FoldersOfOthers_AreLeftAlone_ButNotWhatAKilledRunLeft()
    {
        Directory.CreateDirectory(Path.Combine(Wide, ModelInflater.PartialName));
        File.WriteAllText(Path.Combine(Wide, ModelInflater.PartialName, "model.safetensors.1.tmp"), "half");
        Assert.Equal(ExitCodes.Done, (await CliRun.Of("inflate", "demo", "-o", Wide, "--expert-bytes", "200000")).ExitCode);
        Assert.DoesNotContain(Directory.GetFileSystemEntries(Wide), path => path.EndsWith(".tmp") || path.EndsWith(".partial"));
        (await CliRun.Of("inflate", "demo", "-o", Wide, "--expert-bytes", "200000")).AssertFailed(Wide, "is not empty");
    }

    public void Dispose() => _folder.Dispose();
}
