using MoeGen.Cli.Tests.Testing;
using MoeGen.Testing;

namespace MoeGen.Cli.Tests.Commands;

public class LogitsCommandTests
{
    private static readonly string s_model = Path.Combine(RepositoryFiles.Cases, "edge-tied");

    [Theory]
    [InlineData("[]", "holds no tokens")]
    [InlineData("{\"input_ids\": []}", "holds no tokens")]
    [InlineData("[1, -1]", "token 1 is -1; expected an id from 0 to 47")]
    [InlineData("[48]", "token 0 is 48")]
    [InlineData("[1.5]", "holds no list of token ids")]
    [InlineData("[99999999999]", "holds no list of token ids")]
    [InlineData("{}", "holds no list of token ids")]
    [InlineData("\"text\"", "holds no list of token ids")]
    [InlineData("[1,", "is not JSON")]
    public async Task WrongTokens_AreRefusedByFileAndLeaveNothing(string tokens, string fault)
    {
        using TemporaryFolder folder = new();
        folder.Write("tokens.json", tokens);
        (await CliRun.Of("logits", s_model, "--tokens", folder["tokens.json"], "-o", folder["out"])).AssertFailed(
            folder["tokens.json"], fault);
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public async Task MoreTokensThanPositions_AreRefused()
    {
        using TemporaryFolder folder = new();
        folder.Write("tokens.json", "[" + string.Join(",", Enumerable.Repeat(3, 65)) + "]");
        (await CliRun.Of("logits", s_model, "--tokens", folder["tokens.json"], "-o", folder["out"])).AssertFailed(
            "holds 65 tokens; expected at most 64");
    }

    [Fact]
    public async Task GreedyBeyondTheContext_GivesAsManyAsFit()
    {
        using TemporaryFolder folder = new();
        folder.Write("tokens.json", "[" + string.Join(",", Enumerable.Repeat(3, 62)) + "]");
        CliRun run = await CliRun.Of("logits", s_model, "--tokens", folder["tokens.json"], "-o", folder["out"], "--greedy", "6", "--json");
        Assert.Equal(3, run.Json()["greedy"]!.AsArray().Count);
    }

    [Fact]
    public async Task MissingFile_IsRefused() =>
        (await CliRun.Of("logits", s_model, "--tokens", "no-such.json", "-o", "out")).AssertFailed("no-such.json", "does not exist");

    [Fact]
    public async Task UnwritableOutput_IsOneLine()
    {
        using TemporaryFolder folder = new();
        folder.Write("tokens.json", "[1]");
        (await CliRun.Of("logits", s_model, "--tokens", folder["tokens.json"], "-o", folder["no/such/folder/out"])).AssertFailed(
            "no/such/folder");
    }

    [Fact]
    public async Task FolderAsOutput_IsRefused()
    {
        using TemporaryFolder folder = new();
        folder.Write("tokens.json", "[1]");
        (await CliRun.Of("logits", s_model, "--tokens", folder["tokens.json"], "-o", folder.Path)).AssertFailed("is a folder");
    }
}
