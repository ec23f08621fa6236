using MoeGen.Cli.Tests.Testing;
using MoeGen.Testing;

namespace MoeGen.Cli.Tests.Commands;

public class EmitCommandTests
{
    [Fact]
    public async Task Emit_WritesReadableFiles()
    {
        using TemporaryFolder folder = new();
        CliRun run = await CliRun.Of("emit", "Qwen3-30B-A3B", "-o", folder["new/out"], "--name", "Qwen", "--namespace", "My.App");
        Assert.Equal(ExitCodes.Done, run.ExitCode);
        string[] files = Directory.GetFiles(folder["new/out"]);
        Assert.Equal(11, files.Length);
        Assert.Equal(files.Order(), run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
        Assert.Contains("public sealed partial class Qwen", File.ReadAllText(folder["new/out/Qwen.g.cs"]));
        Assert.All(files, file => Assert.DoesNotContain('\r', File.ReadAllText(file)));
        Assert.All(files.SelectMany(File.ReadLines), line => Assert.InRange(line.Length, 0, 140));
    }

    [Fact]
    public async Task Name_ComesFromTheFolder()
    {
        using TemporaryFolder folder = new();
        await CliRun.Of("emit", "Mixtral-8x7B-v0.1", "-o", folder.Path, "--format", "F32");
        Assert.Contains("namespace MoeGen.Models;", File.ReadAllText(folder["Mixtral_8x7B_v0_1.g.cs"]));
        Assert.Contains("Matrix<QueryShape, F32>", File.ReadAllText(folder["Mixtral_8x7B_v0_1.Attention.g.cs"]));
    }

    [Fact]
    public async Task Json_NamesTheFiles()
    {
        using TemporaryFolder folder = new();
        CliRun run = await CliRun.Of("emit", "demo", "-o", folder.Path, "--json");
        Assert.Equal(
            Directory.GetFiles(folder.Path).Order(), run.Json()["files"]!.AsArray().Select(file => file!.GetValue<string>()).Order());
    }

    [Fact]
    public async Task EmittedCode_OfARealModel_IsShort()
    {
        // ten minutes of reading: about 600 lines
        using TemporaryFolder folder = new();
        await CliRun.Of("emit", "Qwen3-30B-A3B", "-o", folder.Path);
        Assert.InRange(Directory.GetFiles(folder.Path).Sum(file => File.ReadLines(file).Count()), 300, 650);
    }
}
