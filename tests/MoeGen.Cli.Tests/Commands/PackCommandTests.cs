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
        string dense = Path.Combine(Packed, PackLayout.DenseFileName);
        Assert.Equal(new FileInfo(dense).Length, summary["dense_bytes"]!.GetValue<long>());
        Assert.Equal(inspected["dense_bytes"]!.GetValue<long>(), TensorFile.ReadHeader(dense).Values.Sum(entry => entry.Length));
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

    [Fact]
    public async Task Twins_ArePackedAndVerified_AndRunByHobbit()
    {
        JsonObject summary = (await CliRun.Of("pack", "demo", "-o", Packed, "--twins", "Q4", "--json")).Json();
        string twins = Path.Combine(Packed, PackLayout.TwinsFileName);
        Assert.Equal(new FileInfo(twins).Length, summary["twins_bytes"]!.GetValue<long>());
        Assert.InRange(summary["twins_bytes"]!.GetValue<long>(), 1, summary["bytes"]!.GetValue<long>() / 3);
        Assert.Contains("their twins", (await CliRun.Of("pack", "--verify", Packed)).Output);

        string[] options = ["Once upon a time", "--max-tokens", "40", "--seed", "7", "--budget", "13MB"];
        CliRun run = await CliRun.Of(["run", Packed, .. options, "--offload", "hobbit:t1=0.3", "--stats"]);
        Assert.True(run.ExitCode == ExitCodes.Done, run.Error);
        Assert.Matches("[1-9][0-9]* twins read", run.Error);
        CliRun exact = await CliRun.Of(["run", Packed, .. options]);
        CliRun all = await CliRun.Of(["run", Packed, .. options, "--offload", "hobbit:t1=1"]);
        Assert.Equal(exact.Output, all.Output);
        JsonObject bench = (await CliRun.Of(
            "bench", Packed, "--budget", "13MB", "--offload", "hobbit", "--tokens", "40", "--runs", "1", "--json")).Json();
        Assert.True(bench["twin_reads"]!.GetValue<long>() > 0);
        Assert.Equal(0, bench["twins_failed"]!.GetValue<long>());
        Assert.InRange(bench["twin_share"]!.GetValue<double>(), 0.001, 0.9);
        Assert.InRange(bench["twin_weight_share"]!.GetValue<double>(), 0.0001, bench["twin_share"]!.GetValue<double>());

        using (FileStream file = new(twins, FileMode.Open))
        {
            file.Position = file.Length / 2;
            file.WriteByte(0x77);
        }

        (await CliRun.Of("pack", "--verify", Packed)).AssertFailed(twins, "the twin of expert");
    }

    [Fact]
    public async Task ModelWithoutTwins_IsRefusedByHobbit()
    {
        CliRun run = await CliRun.Of("run", "demo", "Once", "--offload", "hobbit", "--max-tokens", "2");
        run.AssertFailed("has no twins.safetensors", "--twins q4");
    }

    [Theory]
    [InlineData("--twins is q8; expected q4", "demo", "-o", "x", "--twins", "q8")]
    [InlineData("expected no --twins", "demo", "--verify", "--twins", "q4")]
    [InlineData("--format is q8; expected f32, f16 or bf16", "demo", "-o", "x", "--twins", "q4", "--format", "q8")]
    public async Task WrongTwins_AreWrongUsage(string message, params string[] args)
    {
        CliRun run = await CliRun.Of(["pack", .. args]);
        Assert.Equal(ExitCodes.WrongUsage, run.ExitCode);
        Assert.Contains(message, run.Error);
    }

    // gate and up, [96, 192], are 6 panels of 6 blocks, down, [192, 96], is 12 panels of 3; a panel begins with 192 or 128 bytes of scales,
    // a block has 512 or 256 bytes of codes: 2 x 6 x (192 + 6 x 512) + 12 x (128 + 3 x 512)
    [Theory]
    [InlineData("q8", 59_136)]
    [InlineData("Q4", 31_488)]
    public async Task QuantizedPack_RunsLikeAnyOther(string format, long expertBytes)
    {
        JsonObject pack = (await CliRun.Of("pack", "demo", "-o", Packed, "--format", format, "--json")).Json();
        Assert.Equal((format.ToLowerInvariant(), expertBytes), (pack["format"]!.GetValue<string>(), pack["expert_bytes"]!.GetValue<long>()));
        Assert.Equal(ExitCodes.Done, (await CliRun.Of("pack", Packed, "--verify")).ExitCode);
        string[] options = ["--tokens", _folder["tokens.json"], "--greedy", "8", "--json", "-o"];
        _folder.Write("tokens.json", "[1, 20, 300, 4, 500, 6, 70, 8]");
        CliRun all = await CliRun.Of(["logits", Packed, .. options, _folder["all"]]);
        Assert.Equal(ExitCodes.Done, all.ExitCode);
        JsonObject bench = (await CliRun.Of("bench", Packed, "--json", "--prompt-tokens", "8", "--tokens", "4", "--runs", "1")).Json();
        Assert.Equal(format.ToUpperInvariant(), bench["format"]!.GetValue<string>());
    }

    [Fact]
    public async Task OtherFormats_AreRefused()
    {
        CliRun run = await CliRun.Of("pack", "demo", "-o", Packed, "--format", "int3");
        Assert.Equal(ExitCodes.WrongUsage, run.ExitCode);
        Assert.Contains("--format is int3; expected one of f32, f16, bf16, q8, q4", run.Error);
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

    [Theory]
    [InlineData("q8")]
    [InlineData("q4")]
    public async Task QuantizedPack_IsRefusedByHobbit(string format)
    {
        await CliRun.Of("pack", "demo", "-o", Packed, "--format", format);
        CliRun run = await CliRun.Of("run", Packed, "Once", "--offload", "hobbit", "--max-tokens", "2");
        run.AssertFailed($"has experts in {format}, which no twins stand in for", "--twins q4");
    }

    [Theory]
    [InlineData("bf16", PackLayout.FileName, "experts.safetensors: expert 23 of layer 4 has checksum")]
    [InlineData("bf16", PackLayout.DenseFileName, "dense.safetensors: piece 0 of the weights outside the experts has checksum")]
    [InlineData("q8", PackLayout.FileName, "experts.safetensors: expert 23 of layer 4 has checksum")]
    [InlineData("q4", PackLayout.FileName, "experts.safetensors: expert 23 of layer 4 has checksum")]
    public async Task DamagedPack_FailsVerification(string format, string name, string fault)
    {
        await CliRun.Of("pack", "demo", "-o", Packed, "--format", format);
        using (FileStream pack = new(Path.Combine(Packed, name), FileMode.Open))
        {
            pack.Position = pack.Length - 1;
            int last = pack.ReadByte();
            pack.Position = pack.Length - 1;
            pack.WriteByte((byte)(last ^ 1));
        }

        (await CliRun.Of("pack", "--verify", Packed)).AssertFailed(fault);
        (await CliRun.Of("run", Packed, "Once")).AssertFailed(fault);
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
