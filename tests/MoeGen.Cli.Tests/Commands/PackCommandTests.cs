using System.Text.Json.Nodes;
using MoeGen.Cli.Tests.Testing;
using MoeGen.Packs;
using MoeGen.Testing;

namespace MoeGen.Cli.Tests.Commands;

public sealed class PackCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Cases => [.. RepositoryFiles.FolderNames(RepositoryFiles.Cases)];

    private string Packed => _folder["packed"];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task PackedModel_GivesTheSameBits(string name)
    {
        string source = Path.Combine(RepositoryFiles.Cases, name);
        JsonObject summary = (await CliRun.Of("pack", source, "-o", Packed, "--json")).Json();
        JsonObject expected = await Logits(source, "expected"), actual = await Logits(Packed, "actual");
        Assert.Equal(expected["greedy"]!.ToJsonString(), actual["greedy"]!.ToJsonString());
        Assert.Equal(File.ReadAllBytes(_folder["expected"]), File.ReadAllBytes(_folder["actual"]));

        JsonObject inspected = (await CliRun.Of("inspect", Packed, "--json")).Json();
        Assert.Equal(inspected["fingerprint"]!.GetValue<string>(), summary["fingerprint"]!.GetValue<string>());
        Assert.Equal(inspected["expert_bytes"]!.GetValue<long>(), summary["expert_bytes"]!.GetValue<long>());
        Assert.Equal(new FileInfo(Path.Combine(Packed, PackLayout.FileName)).Length, summary["bytes"]!.GetValue<long>());
        Assert.True((await CliRun.Of("pack", "--verify", Packed, "--json")).Json()["verified"]!.GetValue<bool>());

        async Task<JsonObject> Logits(string model, string output) => (await CliRun.Of(
            "logits", model, "--tokens", Path.Combine(source, "tokens.json"), "-o", _folder[output], "--greedy", "4", "--json")).Json();
    }

    [Fact]
    public async Task Format_IsKeptInThePack()
    {
        // the demo model has bfloat16
        foreach (string format in new[] { "f32", "F16" })
        {
            string output = _folder[format];
            JsonObject summary = (await CliRun.Of("pack", RepositoryFiles.DemoModel, "-o", output, "--format", format, "--json")).Json();
            Assert.Equal(format.ToLowerInvariant(), summary["format"]!.GetValue<string>());
            Assert.Equal(format.ToUpperInvariant(), (await CliRun.Of("inspect", output, "--json")).Json()["format"]!.GetValue<string>());
            CliRun run = await CliRun.Of("run", output, "Once upon", "--max-tokens", "5", "--temperature", "0");
            Assert.Equal(ExitCodes.Done, run.ExitCode);
        }
    }

    [Fact]
    public async Task DemoModel_WritesTheSameTextPacked()
    {
        await CliRun.Of("pack", "demo", "-o", Packed);
        string[] options = ["Once upon a time", "--max-tokens", "20", "--seed", "7"];
        CliRun packed = await CliRun.Of(["run", Packed, .. options]), plain = await CliRun.Of(["run", "demo", .. options]);
        Assert.Equal(plain.Output, packed.Output);
        Assert.Contains("Once upon a time", packed.Output);
    }

    [Theory]
    [InlineData("q8", "which this version cannot write yet; expected one of f32, f16, bf16")]
    [InlineData("int3", "--format is int3; expected one of")]
    public async Task OtherFormats_AreRefused(string format, string message)
    {
        CliRun run = await CliRun.Of("pack", "demo", "-o", Packed, "--format", format);
        Assert.Equal(ExitCodes.WrongUsage, run.ExitCode);
        Assert.Contains(message, run.Error);
        Assert.False(Directory.Exists(Packed));
    }

    [Fact]
    public async Task WithoutOutput_IsWrongUsage()
    {
        CliRun run = await CliRun.Of("pack", "demo");
        Assert.Equal(ExitCodes.WrongUsage, run.ExitCode);
        Assert.Contains("--output", run.Error);
        Assert.Equal(ExitCodes.WrongUsage, (await CliRun.Of("pack", "demo", "--verify", "-o", Packed)).ExitCode);
    }

    [Fact]
    public async Task FoldersOfOthers_AreLeftAlone()
    {
        Directory.CreateDirectory(Packed);
        File.WriteAllText(Path.Combine(Packed, "thesis.txt"), "years of work");
        (await CliRun.Of("pack", "demo", "-o", Packed)).AssertFailed(Packed, "is not empty");
        Assert.Single(Directory.GetFileSystemEntries(Packed));
        (await CliRun.Of("pack", RepositoryFiles.DemoModel, "-o", RepositoryFiles.DemoModel)).AssertFailed("is the model itself");
        (await CliRun.Of("pack", "demo", "-o", Path.Combine(Packed, "thesis.txt"))).AssertFailed("is a file");
    }

    [Fact]
    public async Task PackOfAPack_IsRefused()
    {
        await CliRun.Of("pack", "demo", "-o", Packed);
        (await CliRun.Of("pack", Packed, "-o", _folder["again"])).AssertFailed(Packed, "is packed already");
        (await CliRun.Of("pack", "demo", "-o", Packed)).AssertFailed(Packed, "holds a packed model already");
        (await CliRun.Of("pack", "demo", "--verify")).AssertFailed("is not a packed model");
    }

    [Fact]
    public async Task ConfigOfAnotherModel_IsRefused()
    {
        await CliRun.Of("pack", "demo", "-o", Packed);
        string config = Path.Combine(Packed, "config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"rope_theta\": 10000", "\"rope_theta\": 20000"));
        (await CliRun.Of("run", Packed, "Once")).AssertFailed("experts.safetensors: is a pack of another model", "run `moegen pack` again");
    }

    [Fact]
    public async Task DamagedPack_FailsVerification()
    {
        await CliRun.Of("pack", "demo", "-o", Packed);
        using (FileStream pack = new(Path.Combine(Packed, PackLayout.FileName), FileMode.Open))
        {
            pack.Position = pack.Length - 1;
            int last = pack.ReadByte();
            pack.Position = pack.Length - 1;
            pack.WriteByte((byte)(last ^ 1));
        }

        (await CliRun.Of("pack", "--verify", Packed)).AssertFailed("experts.safetensors: expert 23 of layer 4 has checksum");
        (await CliRun.Of("run", Packed, "Once")).AssertFailed("experts.safetensors: expert 23 of layer 4 has checksum");
    }

    [Fact]
    public async Task Interrupted_ExitsWith130_AndTheFolderIsNoModelYet()
    {
        using CancellationTokenSource interrupted = new();
        await interrupted.CancelAsync();
        Assert.Equal(ExitCodes.Interrupted, (await CliRun.With("", interrupted.Token, "pack", "demo", "-o", Packed)).ExitCode);
        Assert.False(Directory.Exists(Packed));

        // as a run leaves it that is interrupted in the middle
        Directory.CreateDirectory(Path.Combine(Packed, ModelPacker.PartialName));
        File.Copy(Path.Combine(RepositoryFiles.DemoModel, "config.json"), Path.Combine(Packed, "config.json"));
        (await CliRun.Of("run", Packed, "Once")).AssertFailed(Packed, "holds a pack that is not finished");
        Assert.Equal(ExitCodes.Done, (await CliRun.Of("pack", "demo", "-o", Packed)).ExitCode);
        Assert.Equal(ExitCodes.Done, (await CliRun.Of("run", Packed, "Once", "--max-tokens", "3")).ExitCode);
    }

    public void Dispose() => _folder.Dispose();
}
